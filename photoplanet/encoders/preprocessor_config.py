"""preprocessor_config.json: how a published network wants its photos (CLIP, DINOv2, SigLIP, EfficientNet, ViT …).

The keys are those of Hugging Face's image processors: size (a number, shortest_edge, or height and width), crop_size,
do_center_crop, do_rescale, rescale_factor, rescale_offset, do_normalize, image_mean, image_std, include_top.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from photoplanet.core import regular
from photoplanet.errors import InputError, printable
from photoplanet.photos.preprocessing import Preprocessing

NAME = "preprocessor_config.json"
MAX_BYTES = 1 << 20


def read(path: Path) -> tuple[Preprocessing, list[str]]:
    """Read how photos become a network's input, and what of it is done in another way here, one line each.

    Photos are always shrunk as photoplanet does it (HAMMING, about as sharp as bicubic), and of a photo that would be
    shrunk to 256 and cropped to 224 the whole middle square is taken. InputError for a file that cannot be read, or
    that asks for what cannot be done, such as photos that are not square.

    >>> file = getfixture("tmp_path") / "preprocessor_config.json"
    >>> _ = file.write_text('{"size": {"height": 224, "width": 224}, "do_normalize": false}')
    >>> read(file)[0]
    Preprocessing(size=224, fit='squash', mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    """
    try:
        found = json.loads(regular.read_regular(path, MAX_BYTES))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not JSON; get the file again, or give --size, --mean and --std") from None
    if isinstance(found, dict) and isinstance(found.get("image_processor"), dict):  # processor_config.json
        found = found["image_processor"]
    if not isinstance(found, dict):
        raise InputError(f"{path}: not an object of settings; get the file again, or give --size, --mean and --std")
    try:
        return _read(found)
    except (InputError, RecursionError) as error:
        what = str(error) if isinstance(error, InputError) else "nested too deep"
        raise InputError(f"{path}: {what}; give --size, --fit, --mean and --std") from None


def _read(found: Mapping[str, Any]) -> tuple[Preprocessing, list[str]]:
    notes = []
    resized, fit = _size(found.get("size", found.get("crop_size")), found)
    cropped = found.get("crop_size") if found.get("do_center_crop", "crop_size" in found and fit == "crop") else None
    size = resized if cropped is None else _size(cropped, {})[0]
    if found.get("do_resize") is False:
        notes.append("it asks for photos as they are; they are shrunk to its size")
    if cropped is not None and size != resized:
        notes.append(f"it shrinks to {resized} and crops to {size}; here {_PARTS[fit]} is seen")
    if found.get("do_pad") is True:
        notes.append("it pads photos to a square; here they are not padded")
    return Preprocessing(size, fit, *_normalisation(found)), notes


_PARTS = {"crop": "the whole middle square", "squash": "the whole photo, squashed,"}


def _size(given: Any, found: Mapping[str, Any]) -> tuple[int, str]:
    """A size in pixels, and whether photos are cropped or squashed to it."""
    if isinstance(given, dict) and "shortest_edge" in given:
        return _pixels(given["shortest_edge"]), "crop"
    if isinstance(given, dict) and {"height", "width"} <= set(given):
        if given["height"] != given["width"]:
            raise InputError(
                f"photos of {given['width']!s:.20} × {given['height']!s:.20} pixels; only squares are made"
            )
        return _pixels(given["height"]), "squash"
    if isinstance(given, list) and len(given) == 2 and given[0] == given[1]:
        return _pixels(given[0]), "squash"
    if isinstance(given, int):
        return _pixels(given), "crop" if "crop_size" in found or found.get("do_center_crop") else "squash"
    raise InputError(f"no size of photos in it ({printable(str(given))[:60]})")


def _pixels(given: Any) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given < 100_000:
        raise InputError(f"a size of {printable(str(given))[:60]} pixels")
    return given


def _normalisation(found: Mapping[str, Any]) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and std of pixels in 0 … 1 that do in one step what the settings ask for: scale, shift, normalise."""
    normalised = found.get("do_normalize") is not False
    mean = _three(found.get("image_mean"), "image_mean") if normalised else (0.0, 0.0, 0.0)
    std = _three(found.get("image_std"), "image_std") if normalised else (1.0, 1.0, 1.0)
    if found.get("include_top") is True and normalised:  # EfficientNet's processor divides a second time
        mean, std = mean, (std[0] ** 2, std[1] ** 2, std[2] ** 2)
    rescaled = found.get("do_rescale") is not False
    white = 255 * _number(found.get("rescale_factor", 1 / 255), "rescale_factor") if rescaled else 255.0
    if white <= 0:
        raise InputError(f"rescale_factor {white / 255}")
    low = 1.0 if found.get("rescale_offset") is True and rescaled else 0.0
    shifted = tuple((value + low) / white for value in mean)
    scaled = tuple(value / white for value in std)
    return shifted, scaled  # type: ignore[return-value]


def _three(given: Any, key: str) -> tuple[float, float, float]:
    values = given if isinstance(given, list) else [given] * 3
    if len(values) != 3:
        raise InputError(f"{key} of {len(values)} numbers, for photos of three colours")
    return _number(values[0], key), _number(values[1], key), _number(values[2], key)


def _number(given: Any, key: str) -> float:
    if not isinstance(given, int | float) or isinstance(given, bool) or not abs(given) < 1e6:
        raise InputError(f"{key} {printable(str(given)[:60])}")
    return float(given)
