"""A folder of photos with everything that goes wrong."""

import pytest


@pytest.fixture
def album(make, tmp_path):
    """A folder of four good photos among everything that goes wrong."""
    root = tmp_path / "Photos"
    (root / "trip" / "day 1").mkdir(parents=True)
    (root / ".hidden").mkdir()
    files = {
        "home.JPG": make.geotagged(48.85, 2.29, "2019-07-01T10:20:30+02:00", "Ann", 1),
        "trip/b.png": make.geotagged(-33.86, 151.2, seed=2, kind="PNG"),
        "trip/day 1/c.tiff": make.geotagged(35.68, 139.69, seed=3, kind="TIFF"),
        "trip/day 1/d.webp": make.geotagged(-22.9, -43.17, seed=4, kind="WEBP"),
        "no-gps.jpg": make.encoded(make.scene(5)),
        "null.jpg": make.geotagged(0, 0),
        "edit.PSD": b"raw",
        "notes.txt": b"text",
        ".hidden/x.jpg": make.geotagged(1, 1),
        "._home.JPG": b"resource fork",
        **make.hostile(),
    }
    for name, data in files.items():
        (root / name).write_bytes(data)
    (root / "again.jpg").symlink_to(root / "home.JPG")
    (root / "trip" / "loop").symlink_to(root)
    (root / "gone.jpg").symlink_to(root / "nowhere")
    return root
