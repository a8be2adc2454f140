"""A photo table without its duplicates, and the list of pairs."""

from photoplanet.duplicates import clean_table


def test_pairs_keep_names_that_are_not_unicode(tmp_path):
    path = tmp_path / "pairs.csv"
    clean_table.write_pairs(path, [{"photo_id": "Z\udcfc.jpg", "duplicate_of": "Zü.jpg", "distance": 0}])
    assert path.read_bytes().splitlines()[1] == b"Z\xfc.jpg,Z\xc3\xbc.jpg,0"
