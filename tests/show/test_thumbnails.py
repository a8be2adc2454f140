import base64
import io

import numpy as np
from PIL import Image

from photoplanet.show import thumbnails
from photoplanet.show.thumbnails import Thumbnails


def opened(address):
    head, _, data = address.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_pictures_are_small_upright_and_without_metadata(tmp_path):
    image = Image.new("RGB", (400, 200), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 200, 200))  # red on the left
    exif = image.getexif()
    exif[0x0112], exif[0x010F] = 6, "Maker"  # lies on its side: the left is the top
    image.save(tmp_path / "a.jpg", exif=exif)
    found = opened(Thumbnails(1).of(str(tmp_path / "a.jpg")))
    assert found.size == (120, 240) and not found.getexif() and "exif" not in found.info
    top, bottom = found.getpixel((60, 20)), found.getpixel((60, 220))
    assert top[0] > 200 > 60 > top[2] and bottom[2] > 200 > 60 > bottom[0]


def test_the_more_photos_the_smaller_their_pictures():
    assert [Thumbnails(photos).side for photos in (0, 1, 578, 5000)] == [240, 240, 87, 64]


def test_all_pictures_of_a_page_together_stay_within_their_room():
    photo = np.random.default_rng(1).integers(0, 255, (90, 120, 3), np.uint8)
    made = Thumbnails(5000, most=50_000)
    found = [made.of(photo) for _ in range(40)]
    assert sum(len(each) for each in found if each) <= 50_000
    assert found[0] and found[-1] is None and thumbnails.MOST == 2_000_000


def test_a_photo_that_cannot_be_decoded_has_none(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"not a photo")
    assert Thumbnails(1).of(str(tmp_path / "a.jpg")) is None
