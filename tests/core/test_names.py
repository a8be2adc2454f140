from photoplanet.core.names import natural_key, readable


def test_names_that_are_not_unicode_stay_apart_and_can_be_written():
    names = ["a.jpg", "caf\udce9.jpg", "caf\udce8.jpg", "\ud800.jpg", "日本.jpg"]
    assert len({readable(name) for name in names}) == len(names)
    assert all(readable(name).encode() for name in names)
    assert readable("caf\udce9.jpg") == "caf\\xe9.jpg" and readable("日本.jpg") == "日本.jpg"


def test_numbers_in_names_are_sorted_as_numbers():
    names = [
        "IMG_10.jpg",
        "IMG_9.jpg",
        "img_9a.jpg",
        "IMG_009.jpg",
        "9.jpg",
        "10.jpg",
        "a2b10.jpg",
        "a2b9.jpg",
        "x",
        "",
    ]
    assert sorted(names, key=natural_key) == [
        "", "9.jpg", "10.jpg", "a2b9.jpg", "a2b10.jpg", "IMG_009.jpg", "IMG_9.jpg", "img_9a.jpg", "IMG_10.jpg", "x",
    ]  # fmt: skip
    assert sorted(["²", "1", "\udce9", "٣"], key=natural_key)[0] == "1"


def test_the_ending_does_not_count_where_one_name_continues_another():
    names = ["2019-05-01 12.00.00.jpg", "2019-05-01 12.00.00-1.jpg", "2019-05-01 12.00.00-2.jpg", "a.jpg", "a (2).jpg"]
    assert sorted(names, key=natural_key) == names
    assert sorted(["IMG_١٠.jpg", "IMG_٩.jpg"], key=natural_key) == ["IMG_٩.jpg", "IMG_١٠.jpg"]
    assert sorted(["x.10", "x.9"], key=natural_key) == ["x.9", "x.10"]
    assert sorted([f"{'9' * 5000}.jpg", "1.jpg"], key=natural_key)[0] == "1.jpg"
