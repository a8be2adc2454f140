"""Captions as DJI's drones write them, of each generation, and films with such a track or with a GoPro's telemetry."""

import struct

import film_files
from film_files import box

HEADS = "{number}\n00:00:{number:02},000 --> 00:00:{number:02},033\n"


def _when(number, form):
    return form.format(f"{15 + number:02}")


# the text of a caption by its number and place: (generation, whether it names a time)
GENERATIONS = {
    "Phantom 3": lambda n, lat, lng: f"HOME(1.5,1.5) {_when(n, '2023.05.01 10:00:{}')}\n"
    f"GPS({lng},{lat},19) BAROMETER:1.9\n"
    "ISO:100 Shutter:60 EV: Fnum:F2.2\n",
    "Matrice 300": lambda n, lat, lng: f"{_when(n, '2023.05.01 10:00:{}')}\nGPS({lat},{lng},0.0M) BAROMETER:0.3M\n",
    "Mavic 2": lambda n, lat, lng: f"SrtCnt : {n}, DiffTime : 40ms\n{_when(n, '2023-05-01 10:00:{},123,456')}\n"
    f"[iso : 100] [shutter : 1/640.0] [fnum : 280] [latitude : {lat}] [longtitude : {lng}] [altitude: 19.000000]\n",
    "Air 2S": lambda n, lat, lng: f'<font size="28">SrtCnt : {n}, DiffTime : 16ms\n'
    f"{_when(n, '2023-05-01 10:00:{}.123')}\n"
    f"[iso: 100] [color_md: default] [latitude: {lat}] [longitude: {lng}] [rel_alt: 1.3 abs_alt: 120.5] </font>\n",
}  # fmt: skip
UNTIMED = lambda n, lat, lng: f"F/2.8, SS 206.14, ISO 150, EV 0, GPS ({lng}, {lat}, 15), D 10.00m, H 3.00m\n"  # noqa: E731


def captions(make, places, ends="\n"):
    """A file of captions, one a second from 10:00:15 on, at `places`."""
    cues = [HEADS.format(number=number) + make(number, *place) for number, place in enumerate(places)]
    return "\n".join(cues).replace("\n", ends).encode()


def texts(make, places):
    """The samples of a track of text."""
    lines = [make(number, *place).encode() for number, place in enumerate(places)]
    return [struct.pack(">H", len(line)) + line for line in lines]


def film(samples, entry=b"gpmd", wide=False, in_chunk=1):
    """A film with a track whose samples lie in front of its boxes, `in_chunk` of them in each chunk."""
    begin = 20 + 8  # behind ftyp and the head of mdat
    offsets = [begin + sum(map(len, samples[:number])) for number in range(0, len(samples), in_chunk)]
    sizes = struct.pack(f">III{len(samples)}I", 0, 0, len(samples), *map(len, samples))
    places = struct.pack(f">II{len(offsets)}{'Q' if wide else 'I'}", 0, len(offsets), *offsets)
    runs = struct.pack(">IIIII", 0, 1, 1, in_chunk, 1)
    table = box(b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), box(entry, bytes(8))), box(b"stsz", sizes),
                box(b"stsc", runs), box(b"co64" if wide else b"stco", places))  # fmt: skip
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"meta", bytes(12)), box(b"minf", table)))
    return film_files.film(track, first=box(b"mdat", *samples), size=(64, 48), brand=b"mp41")
