"""Films as pictures: which frame, upright, and what a film that lies or is damaged leads to."""

import io

import av
import numpy as np
import pytest
from pictures import scene

from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.photos.preprocessing import Preprocessing


def film(pictures, codec="mpeg4", container="mp4", **metadata):
    """The bytes of a film that shows each picture for a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options={"movflags": "use_metadata_tags"}) as output:
        output.metadata.update(metadata)
        stream = output.add_stream(codec, rate=10)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for picture in pictures:
            for _ in range(10):
                output.mux(stream.encode(av.VideoFrame.from_image(picture)))
        output.mux(stream.encode())
    return file.getvalue()


@pytest.fixture
def saved(tmp_path):
    def save(data, name="clip.mp4"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return save


BLACK = scene(0).point(lambda value: 0)


def likeness(image, picture):
    both = [np.asarray(each.convert("L").resize((64, 48)), float).ravel() for each in (image, picture)]
    return np.corrcoef(*both)[0, 1]


@pytest.mark.parametrize(("codec", "container"), [("mpeg4", "mp4"), ("mpeg4", "mov"), ("mjpeg", "mov")])
def test_the_frame_with_most_detail_is_the_picture(saved, codec, container):
    picture = scene(1)
    path = saved(film([BLACK, BLACK, picture, BLACK], codec, container))
    image = decode.open_photo(path)
    assert image.size == picture.size and image.mode == "RGB"
    assert likeness(image, picture) > 0.95 if codec == "mjpeg" else likeness(image, picture) > 0.9
    assert decode.load(path, Preprocessing(size=32)).shape == (32, 32, 3)


def test_a_film_that_was_held_upright_is_turned(saved):
    whole = bytearray(film([scene(1)]))
    at = whole.index((1 << 16).to_bytes(4, "big") + bytes(12) + (1 << 16).to_bytes(4, "big"), whole.index(b"tkhd"))
    for row, value in enumerate((0, 1 << 16, 0, -(1 << 16), 0)):
        whole[at + 4 * row : at + 4 * row + 4] = value.to_bytes(4, "big", signed=True)
    path = saved(bytes(whole))
    with decode.opened(path) as (image, _):
        assert image.size == scene(1).size[::-1]
    image = decode.open_photo(path)
    assert image.size == scene(1).size[::-1]
    assert likeness(image, scene(1).rotate(-90, expand=True)) > 0.9


def test_a_cut_or_damaged_film_is_refused_in_a_line_or_gives_what_it_has(saved):
    whole = film([scene(1), scene(2)])
    rng = np.random.default_rng(0)
    for number in range(60):
        data = bytearray(whole)
        if number % 2:
            data[rng.integers(len(data)) :] = b""
        else:
            for at in rng.integers(0, len(data), 30):
                data[at] = rng.integers(256)
        try:
            decode.open_photo(saved(bytes(data), f"{number}.mp4"))
        except InputError as error:
            assert f"{number}.mp4" in str(error) and "\n" not in str(error)


def test_a_film_whose_frames_are_larger_than_it_says_is_refused(saved):
    whole = film([scene(1)])
    at = whole.index(b"mp4v", whole.index(b"stsd")) + 4 + 24
    width, height = (int.from_bytes(whole[at + 2 * row : at + 2 * row + 2], "big") for row in (0, 1))
    assert (width, height) == scene(1).size
    path = saved(whole[:at] + b"\0\x10\0\x10" + whole[at + 4 :])
    with pytest.raises(InputError):
        decode.open_photo(path)
