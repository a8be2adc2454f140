"""A photo file that is cut off is known without decoding it, and one that is padded is not taken for one."""

import io

import pytest

from photoplanet.photos.decode import opened
from photoplanet.photos.truncation import surely_whole


def whole(data):
    with opened(data) as (image, _):
        return surely_whole(io.BytesIO(data), image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_whole_file_is_known_and_each_byte_at_its_end_counts(make, kind):
    data = make.encoded(make.scene(), kind)
    assert whole(data)
    if kind != "WEBP":  # which is refused before
        assert not whole(data[:-9])


def test_heic_is_whole_when_its_boxes_end_where_the_file_does(make):
    data = make.heic(make.scene())
    assert whole(data) and not whole(data + b"xyz")


@pytest.mark.parametrize("padding", [0, 1, 60])
def test_a_camera_may_pad_a_jpeg_with_zeros(make, padding):
    assert whole(make.encoded(make.scene()) + bytes(padding))


def test_a_film_behind_the_photo_means_to_look_closer(make):
    assert not whole(make.encoded(make.scene()) + b"\0\0\0\x18ftypmp42" + bytes(500))


def test_the_place_in_the_file_stays(make):
    data = make.encoded(make.scene())
    file = io.BytesIO(data)
    file.seek(7)
    with opened(data) as (image, _):
        surely_whole(file, image)
    assert file.tell() == 7
