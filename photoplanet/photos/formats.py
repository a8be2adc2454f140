"""The one list of photo formats: how their files are called, how they begin, and which of them are indexed."""

from dataclasses import dataclass

HEAD = 32  # bytes of a file in which its format shows
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class Format:
    """A photo format: its name, the endings of its files, and what Pillow calls it.

    `indexed`: whether `index` takes it for a photo; GIF and BMP mostly hold drawings, so it leaves them out.
    """

    name: str
    suffixes: tuple[str, ...]
    pillow: tuple[str, ...]
    indexed: bool = True


JPEG = Format("JPEG", (".jpg", ".jpeg", ".jfif"), ("JPEG", "MPO"))  # MPO: several JPEGs in one file
PNG = Format("PNG", (".png",), ("PNG",))
WEBP = Format("WebP", (".webp",), ("WEBP",))
TIFF = Format("TIFF", (".tif", ".tiff"), ("TIFF",))
HEIC = Format("HEIC", (".heic", ".heif", ".hif"), ("HEIF",))
GIF = Format("GIF", (".gif",), ("GIF",), indexed=False)
BMP = Format("BMP", (".bmp",), ("BMP",), indexed=False)

FORMATS = (JPEG, PNG, WEBP, TIFF, HEIC, GIF, BMP)
EXIF_WRITTEN = JPEG  # the only format into which EXIF is written; beside the others lies an XMP sidecar
SUFFIXES = tuple(suffix for each in FORMATS for suffix in each.suffixes)
INDEXED_SUFFIXES = tuple(suffix for each in FORMATS if each.indexed for suffix in each.suffixes)
# pictures that are not indexed: reported by name, so that nobody wonders where they went
OTHER_SUFFIXES = (
    *(suffix for each in FORMATS if not each.indexed for suffix in each.suffixes),
    ".avif", ".jxl", ".jp2", ".psd", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef",
    ".srw",
)  # fmt: skip
_BY_PILLOW = {name: each for each in FORMATS for name in each.pillow}
NAMES = ", ".join(each.name for each in FORMATS[:-1]) + f" or {FORMATS[-1].name}"


def recognise(head: bytes) -> Format | None:
    r"""Return the format of a file by its first bytes (`HEAD` of them are enough), whatever its name; None for others.

    >>> recognise(b"\xff\xd8\xff\xe0").name
    'JPEG'
    >>> recognise(b"%!PS-Adobe-3.0") is None
    True
    """
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return TIFF
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return HEIC
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    return BMP if head.startswith(b"BM") else None


def of_pillow(name: str | None) -> Format | None:
    """Return the format that Pillow calls `name` (`Image.format`); None for others.

    >>> of_pillow("MPO").name, of_pillow(None)
    ('JPEG', None)
    """
    return _BY_PILLOW.get(name or "")


def is_photo_name(name: str, suffixes: tuple[str, ...] = SUFFIXES) -> bool:
    """Whether a file's name ends like a photo's, in any case; hidden files (also macOS's `._IMG.jpg`) are not photos.

    >>> is_photo_name("trip/IMG_1.JPG"), is_photo_name("notes.txt"), is_photo_name("._IMG_1.JPG")
    (True, False, False)
    """
    base = name.rpartition("/")[2]
    return base.lower().endswith(suffixes) and not base.startswith(".")
