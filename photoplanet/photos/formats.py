"""The one list of photo formats: how their files are called and begin; and what other files beside photos are."""

from dataclasses import dataclass

HEAD = 32  # bytes of a file in which its format shows
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_FILM_BRANDS = (
    b"qt  ", b"mp4", b"iso", b"avc1", b"M4V ", b"3gp", b"3g2", b"MSNV", b"XAVC", b"mmp4", b"f4v", b"dash", b"hvc1",
)  # fmt: skip
_RAW_HEADS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR")
_AVIF_BRANDS = (b"avif", b"avis")
_SEQUENCE = b"avis"  # pictures that move, in the tracks of a film
_JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")  # a codestream, or a container
_UNREAD = {
    "JPEG 2000": (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
    "PDF": (b"%PDF-",),
    "Photoshop": (b"8BPS",),
}


@dataclass(frozen=True)
class Format:
    """A photo format: its name, the endings of its files, and what Pillow calls it."""

    name: str
    suffixes: tuple[str, ...]
    pillow: tuple[str, ...]


JPEG = Format(  # MPO and JPS: several JPEGs in one file, of which the first is the photo
    "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo", ".jps"), ("JPEG", "MPO")
)
PNG = Format("PNG", (".png",), ("PNG",))
WEBP = Format("WebP", (".webp",), ("WEBP",))
TIFF = Format("TIFF", (".tif", ".tiff"), ("TIFF",))
HEIC = Format("HEIC", (".heic", ".heif", ".hif"), ("HEIF",))
AVIF = Format("AVIF", (".avif",), ("AVIF",))
JPEG_XL = Format("JPEG XL", (".jxl",), ("JXL",))  # its pixels need an extra
GIF = Format("GIF", (".gif",), ("GIF",))
BMP = Format("BMP", (".bmp", ".dib"), ("BMP",))
# raw files: the largest JPEG in them
RAW = Format(
    "raw", (".dng", ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc",
            ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf",
            ".srw", ".x3f"), ("RAW",),
)  # fmt: skip
# MP4 and QuickTime: read from files only, since a film in memory would be too large, and FFmpeg not for anybody's bytes
VIDEO = Format("film (MP4 or QuickTime)", (".mp4", ".mov", ".m4v", ".qt", ".3gp", ".3g2"), ("FILM",))

FORMATS = (JPEG, PNG, WEBP, TIFF, HEIC, AVIF, JPEG_XL, GIF, BMP)
EXIF_WRITTEN = JPEG  # the only format into which EXIF is written; beside the others lies an XMP sidecar
STILL_SUFFIXES = tuple(suffix for each in (*FORMATS, RAW) for suffix in each.suffixes)
SUFFIXES = STILL_SUFFIXES + VIDEO.suffixes
NOT_READ, FILM, ARCHIVE, BESIDE = "format not read", "film or sound", "archive not opened", "sidecar or table"
HIDDEN, OTHER = "hidden", "not called like a photo"
MEDIA, NO_PHOTOS = (NOT_READ, FILM), (FILM, ARCHIVE, BESIDE, HIDDEN, OTHER)
# why a file beside photos is not read, by its ending: it is reported, so that nobody wonders where it went
_OTHERS = {
    NOT_READ: (
        ".avifs", ".jp2", ".j2k", ".jpf", ".jpx", ".heics", ".heifs", ".psd", ".psb", ".xcf", ".svg",
        ".ai", ".eps", ".pdf", ".ico", ".tga", ".pcx", ".ppm", ".pgm", ".pnm", ".exr", ".hdr", ".thm", ".insp",
    ),
    FILM: (
        ".aac", ".aif", ".aiff", ".asf", ".avi", ".flac", ".flv", ".insv", ".lrv", ".m2ts", ".m4a",
        ".mkv", ".mp", ".mp3", ".mpeg", ".mpg", ".mts", ".ogg", ".ogv", ".opus", ".ts",
        ".vob", ".wav", ".webm", ".wma", ".wmv",
    ),
    ARCHIVE: (".7z", ".bz2", ".gz", ".rar", ".tgz", ".xz", ".zip", ".zst"),
    BESIDE: (
        ".xmp", ".json", ".aae", ".pp3", ".dop", ".cos", ".arp", ".on1", ".vrd", ".ini", ".db", ".lrcat", ".xml",
        ".gpx", ".kml", ".kmz", ".fit", ".tcx", ".nmea", ".csv", ".tsv", ".tab", ".txt", ".parquet", ".pq", ".md",
        ".htm", ".html", ".srt",
    ),
}  # fmt: skip
_BY_ENDING = {suffix: reason for reason, suffixes in _OTHERS.items() for suffix in suffixes}
_BY_PILLOW = {name: each for each in (*FORMATS, RAW, VIDEO) for name in each.pillow}
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
        return RAW if head[8:10] == b"CR" else TIFF  # of others the directories tell
    if head.startswith(_RAW_HEADS) or head[4:12] == b"ftypcrx ":
        return RAW
    if _is_avif(head):
        return AVIF if head[8:12] != _SEQUENCE else None
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return HEIC
    if head[4:8] == b"ftyp" and head[8:12].startswith(_FILM_BRANDS):
        return VIDEO
    if head[4:8] in (b"moov", b"mdat", b"wide", b"skip", b"pnot") or (head[4:8] == b"free" and not head[0]):
        return VIDEO  # QuickTime, older than brands
    if head.startswith(_JPEG_XL):
        return JPEG_XL
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    return BMP if head.startswith(b"BM") else None


def unread(head: bytes) -> str | None:
    r"""Return what a picture is called whose format is known and not read, by its first bytes; None for others.

    >>> unread(b"\0\0\0\x1cftypavis"), unread(b"<html>")
    ('an AVIF sequence', None)
    """
    if head[4:12] == b"ftyp" + _SEQUENCE:
        return "an AVIF sequence"
    return next((name for name, begins in _UNREAD.items() if head.startswith(begins)), None)


def _is_avif(head: bytes) -> bool:
    """Whether the file's main brand is AVIF's; or a general one, and AVIF's but no HEIC's are among those it lists."""
    if head[4:8] != b"ftyp":
        return False
    end = min(HEAD, max(16, int.from_bytes(head[:4], "big")))
    first, others = head[8:12], {head[at : at + 4] for at in range(16, end, 4)}
    coded = others & set(_HEIF_BRANDS[:-2])
    return first in _AVIF_BRANDS or (first in _HEIF_BRANDS[-2:] and not coded and bool(others & set(_AVIF_BRANDS)))


def of_pillow(name: str | None) -> Format | None:
    """Return the format that Pillow calls `name` (`Image.format`); None for others.

    >>> of_pillow("MPO").name, of_pillow(None)
    ('JPEG', None)
    """
    return _BY_PILLOW.get(name or "")


def why_not(name: str) -> str | None:
    """Return why a file of this name is not taken for a photo, in the words that reports use; None where it is.

    >>> why_not("IMG_1.JPG"), why_not("clip.avi"), why_not("._IMG_1.JPG"), why_not("IMG_1")
    (None, 'film or sound', 'hidden', 'not called like a photo')
    """
    base = name.rpartition("/")[2]
    if base.startswith("."):
        return HIDDEN
    lower = base.lower()
    return None if lower.endswith(SUFFIXES) else _BY_ENDING.get(lower[lower.rfind(".") :], OTHER)


def is_photo_name(name: str, suffixes: tuple[str, ...] = SUFFIXES) -> bool:
    """Whether a file's name ends like a photo's, in any case; hidden files (also macOS's `._IMG.jpg`) are not photos.

    >>> is_photo_name("trip/IMG_1.JPG"), is_photo_name("notes.txt"), is_photo_name("._IMG_1.JPG")
    (True, False, False)
    """
    base = name.rpartition("/")[2]
    return base.lower().endswith(suffixes) and not base.startswith(".")
