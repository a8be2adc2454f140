"""What packing takes and saves, measured on a few photos of a table: bytes, and seconds to shrink and to decode."""

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from photoplanet.core import progress
from photoplanet.errors import InputError, printable
from photoplanet.packing.plan import Settings
from photoplanet.packing.shrink import Packed, shrink
from photoplanet.photos import decode, decoding_cost
from photoplanet.photos.preprocessing import Preprocessing

SAMPLE, ADVISING = 16, 6  # photos; of 12 megapixels, six take a second
LARGE = 1_500_000  # pixels
LEAST_SECONDS = 10.0  # an epoch


@dataclass(frozen=True)
class Estimate:
    """Medians over the photos of a sample that can be read: `photos` of `tried`.

    `megapixels` as they are; `bytes` of one as packed; seconds of one core to shrink one (`shrinking`), and to decode
    it for a network from its file (`decoding`) and as packed (`decoding_packed`).
    """

    tried: int
    photos: int
    megapixels: float
    bytes: float
    shrinking: float
    decoding: float
    decoding_packed: float


def measure(
    addresses: Sequence[str], settings: Settings, image_size: int | None = None, sample: int = SAMPLE
) -> Estimate | None:
    """Shrink photos evenly spread over a table and decode each both ways, in this process; None where none can be read.

    `image_size`: the network's, in pixels; 299 where it is not known.

    >>> measure(["/no/such.jpg"], Settings(320)) is None
    True
    """
    count = min(sample, len(addresses))
    some = [addresses[at] for at in _spread(len(addresses), count)]
    preprocessing = Preprocessing(size=image_size or 299, fit="squash")
    rows = []
    for address in some:
        started = time.perf_counter()
        (result,) = shrink([address], settings)
        shrinking = time.perf_counter() - started
        if isinstance(result, Packed):
            pixels = result.original[0] * result.original[1]
            both = [_seconds(source, preprocessing, settings) for source in (address, result.jpeg)]
            rows.append((pixels / 1e6, len(result.jpeg), shrinking, *both))
    if not rows:
        return None
    return Estimate(count, len(rows), *(statistics.median(column) for column in zip(*rows, strict=True)))


def packed_size(image_size: int, crop_area: float) -> int:
    """Return the --size that suits a network: random crops of it, on average, are not enlarged; a multiple of 32.

    >>> packed_size(299, 0.7), packed_size(128, 0.7)
    (352, 160)
    """
    return 32 * max(1, round(image_size / math.sqrt(crop_area) / 32))


def advice(sources: Sequence[Any], photos: object, image_size: int, crop_area: float) -> str | None:
    """Return a line that says what packing the photo table `photos` would save in an epoch over its `sources`.

    None where photos are small already, or nothing much is saved; what takes no time where the headers say so.

    >>> from pathlib import Path
    >>> advice(["/no/such.jpg"], Path("photos.parquet"), 299, 0.7) is None
    True
    """
    files = [each for each in sources if isinstance(each, str)]
    seen = map(_work, [files[at] for at in _spread(len(files), ADVISING)])
    work = [each for each in seen if each is not None]
    if not work or statistics.median(work) < LARGE:
        return None
    size = packed_size(image_size, crop_area)
    found = measure(files, Settings(size), image_size, ADVISING)
    return None if found is None else saving(found, len(sources), size, photos)


def saving(found: Estimate, photos: int, size: int, table: object) -> str | None:
    """Return the line of `advice` for so many photos; None for less than half of the decoding, or than ten seconds.

    >>> from pathlib import Path
    >>> large = Estimate(16, 16, 12.2, 40_000, 0.09, 0.037, 0.0012)
    >>> saving(large, 100_000, 352, Path("photos.parquet"))
    'photos of 12 megapixels take 37 ms each to decode, packed ones 1.2 ms: ...pack photos.parquet -o ... --size 352...'
    """
    seconds = photos * (found.decoding - found.decoding_packed)
    if found.decoding < 2 * found.decoding_packed or seconds < LEAST_SECONDS:
        return None
    return (
        f"photos of {found.megapixels:.0f} megapixels take {1000 * found.decoding:.0f} ms each to decode, packed ones "
        f"{1000 * found.decoding_packed:.1f} ms: `photoplanet pack {printable(str(table))} -o shards/ --size {size}` "
        f"would save {progress.duration(seconds)} of processor time in each epoch"
    )


def _spread(photos: int, count: int) -> list[int]:
    """So many numbers, evenly over 0 … photos − 1; fewer where there are fewer."""
    count = min(count, photos)
    return [at * photos // count for at in range(count)]


def _work(address: str) -> float | None:
    """Pixels that decoding goes through, from the header; None for what cannot be read."""
    try:
        with decode.opened(address) as (image, name):
            return decoding_cost.of(image, name).work
    except InputError:
        return None


def _seconds(source: decode.Source, preprocessing: Preprocessing, settings: Settings) -> float:
    """What decoding takes, the better of two: the first also reads the file."""
    found = []
    for _ in range(2):
        started = time.perf_counter()
        decode.load(source, preprocessing, max_pixels=settings.max_pixels)
        found.append(time.perf_counter() - started)
    return min(found)
