"""Raw files as cameras build them: directories, previews, EXIF and the sensor's data; the sensor's data are noise."""

import io
import struct

from PIL import Image

LONG, SHORT, TEXT, RATIONAL, UNDEFINED = 4, 3, 2, 5, 7
EIFFEL = ((48, 51, 30), (2, 17, 40))  # degrees, minutes, seconds, north and east
TAKEN = b"2024:05:01 12:00:00\0"


def jpeg(size, colour=(200, 30, 30)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", quality=90)
    return file.getvalue()


def lossless_jpeg(width, height):
    """The head of a JPEG as CR2 and DNG keep the sensor's data: SOF3, and larger than any preview."""
    frame = struct.pack(">BHHB3B", 14, height, width, 1, 1, 0x11, 0)
    scan = struct.pack(">B2B3B", 1, 1, 0, 1, 0, 0)
    return (b"\xff\xd8\xff\xc3" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda"
            + struct.pack(">H", len(scan) + 2) + scan + bytes(range(1, 200)) + b"\xff\xd9")  # fmt: skip


class Tiff:
    """A TIFF that is put together piece by piece: `add` a value or picture, then `directory` over what was added."""

    def __init__(self, order="<", head=b"II*\0", room=16):
        self.order, self.data = order, bytearray(head + bytes(room - len(head)))

    def add(self, data):
        self.data += bytes(len(self.data) % 2)
        at = len(self.data)
        self.data += data
        return at

    def directory(self, fields, following=0):
        """`fields`: tag → (type, count, number or bytes); returns where the directory lies."""
        rows = b""
        for tag, (kind, count, value) in sorted(fields.items()):
            if isinstance(value, bytes):
                place = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(self.order + "I", self.add(value))
            else:
                place = struct.pack(self.order + ("I" if kind == LONG else "H2x"), value)
            rows += struct.pack(self.order + "HHI", tag, kind, count) + place
        return self.add(struct.pack(self.order + "H", len(fields)) + rows + struct.pack(self.order + "I", following))

    def done(self, first):
        self.data[4:8] = struct.pack(self.order + "I", first)
        return bytes(self.data)

    def text(self, value):
        return TEXT, len(value) + 1, value.encode() + b"\0"

    def exif(self):
        """(place of the EXIF directory, place of the GPS directory)."""

        def angle(parts):
            return RATIONAL, 3, b"".join(struct.pack(self.order + "2I", part, 1) for part in parts)

        gps = self.directory({1: (TEXT, 2, b"N\0"), 2: angle(EIFFEL[0]), 3: (TEXT, 2, b"E\0"), 4: angle(EIFFEL[1])})
        return self.directory({0x9003: (TEXT, 20, TAKEN)}), gps

    def main(self, make, model, more, orientation=6):
        details, gps = self.exif()
        return self.directory({0x010F: self.text(make), 0x0110: self.text(model), 0x0112: (SHORT, 1, orientation),
                               0x8769: (LONG, 1, details), 0x8825: (LONG, 1, gps), **more})  # fmt: skip


def picture(tiff, data):
    return {0x0201: (LONG, 1, tiff.add(data)), 0x0202: (LONG, 1, len(data)), 259: (SHORT, 1, 6)}


def strip(tiff, data, compression):
    return {273: (LONG, 1, tiff.add(data)), 279: (LONG, 1, len(data)), 259: (SHORT, 1, compression)}


def nef(size=(320, 240)):
    """Nikon: big-endian; the first directory is a thumbnail, the preview and the data are below it."""
    tiff = Tiff(">", b"MM\0*")
    preview = tiff.directory({254: (LONG, 1, 1), **picture(tiff, jpeg(size))})
    sensor = tiff.directory({254: (LONG, 1, 0), 256: (LONG, 1, 6000), 257: (LONG, 1, 4000), 262: (SHORT, 1, 32803),
                             **strip(tiff, bytes(5000), 34713)})  # fmt: skip
    children = struct.pack(">2I", preview, sensor)
    return tiff.done(tiff.main("NIKON CORPORATION", "NIKON D850", {
        254: (LONG, 1, 1), 256: (LONG, 1, 160), 257: (LONG, 1, 120), 262: (SHORT, 1, 2), 330: (LONG, 2, children),
        **strip(tiff, bytes(160 * 120 * 3), 1)}))  # fmt: skip


def cr2(size=(320, 240)):
    """Canon: the first directory is the preview, in one strip; the data are a lossless JPEG, larger than it."""
    tiff = Tiff("<", b"II*\0\0\0\0\0CR\x02\0")
    sensor = tiff.directory(strip(tiff, lossless_jpeg(6000, 4000), 6))
    thumbnail = tiff.directory(picture(tiff, jpeg((160, 120))), sensor)
    first = strip(tiff, jpeg(size), 6)
    details, gps = tiff.exif()
    return tiff.done(tiff.directory({
        256: (SHORT, 1, 6000), 257: (SHORT, 1, 4000), 0x010F: tiff.text("Canon"), 0x0110: tiff.text("Canon EOS 80D"),
        0x0112: (SHORT, 1, 6), 0x8769: (LONG, 1, details), 0x8825: (LONG, 1, gps), **first}, thumbnail))  # fmt: skip


def arw(size=(320, 240)):
    """Sony: the first directory leads to the preview, and is marked as a smaller picture."""
    tiff = Tiff()
    sensor = tiff.directory({254: (LONG, 1, 0), 256: (LONG, 1, 6000), 257: (LONG, 1, 4000), 262: (SHORT, 1, 32803),
                             **strip(tiff, bytes(5000), 32767)})  # fmt: skip
    return tiff.done(tiff.main("SONY", "ILCE-7M3", {254: (LONG, 1, 1), 330: (LONG, 1, sensor),
                                                    **picture(tiff, jpeg(size))}))  # fmt: skip


def dng(size=(320, 240), preview=True):
    """Adobe's: the preview is a strip in a directory below, the data another; without a preview as some apps write."""
    tiff = Tiff()
    sensor = tiff.directory({254: (LONG, 1, 0), 256: (LONG, 1, 6000), 257: (LONG, 1, 4000), 262: (SHORT, 1, 32803),
                             **strip(tiff, lossless_jpeg(6000, 4000), 7)})  # fmt: skip
    small = tiff.directory({254: (LONG, 1, 1), **strip(tiff, jpeg(size), 7)}) if preview else sensor
    children = struct.pack("<2I", sensor, small)
    return tiff.done(tiff.main("Apple", "iPhone 15 Pro", {
        254: (LONG, 1, 1), 256: (LONG, 1, 160), 257: (LONG, 1, 120), 0xC612: (1, 4, bytes([1, 4, 0, 0])),
        330: (LONG, 2, children), **strip(tiff, bytes(160 * 120 * 3), 1)}))  # fmt: skip


def orf(size=(320, 240)):
    """Olympus: TIFF under a head of its own; the preview is in the maker's note only."""
    tiff = Tiff("<", b"IIRO")
    tiff.add(jpeg((160, 120)) + bytes(100) + jpeg(size))
    return tiff.done(tiff.main("OLYMPUS CORPORATION", "E-M1", {256: (LONG, 1, 4640), 257: (LONG, 1, 3472),
                                                               **strip(tiff, bytes(5000), 1)}))  # fmt: skip


def rw2(size=(320, 240)):
    """Panasonic: a head and tags of its own; the preview is the value of a tag."""
    tiff = Tiff("<", b"IIU\0", 24)
    data = jpeg(size)
    return tiff.done(tiff.main("Panasonic", "DC-GH5", {0x002E: (UNDEFINED, len(data), data)}))


def raf(size=(320, 240)):
    """Fuji: its own head, which says where the preview lies; that has the EXIF."""
    tiff = Tiff()
    block = tiff.done(tiff.main("FUJIFILM", "X-T4", {}))
    image, file = Image.new("RGB", size, (200, 30, 30)), io.BytesIO()
    image.save(file, "JPEG", exif=b"Exif\0\0" + block)
    head = b"FUJIFILMCCD-RAW 0201FF383501X-T4".ljust(84, b"\0") + struct.pack(">II", 160, len(file.getvalue()))
    return head.ljust(160, b"\0") + file.getvalue() + bytes(5000)


def box(kind, *content):
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def cr3(size=(320, 240)):
    """Canon of today: boxes, with EXIF's directories each as a TIFF of its own, and previews of three sizes."""
    main, details, gps = Tiff(), Tiff(), Tiff()
    exif, places = details.exif()
    first = main.directory({0x010F: main.text("Canon"), 0x0110: main.text("Canon EOS R5"), 0x0112: (SHORT, 1, 6)})
    gps.data = details.data  # the same bytes, entered at the other directory
    parts = [box(b"CMT1", main.done(first)), box(b"CMT2", details.done(exif)), box(b"CMT4", gps.done(places))]
    canon = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"), *parts,
                box(b"THMB", bytes(16), jpeg((160, 120))))  # fmt: skip
    return (box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", canon)
            + box(b"uuid", bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16"), bytes(24), jpeg((200, 150)))
            + box(b"mdat", jpeg(size), bytes(5000)))  # fmt: skip


KINDS = {".nef": nef, ".cr2": cr2, ".arw": arw, ".dng": dng, ".orf": orf, ".rw2": rw2, ".raf": raf, ".cr3": cr3}
