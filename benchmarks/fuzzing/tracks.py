"""Tracks that are not GPX from a seed: KML, KMZ, TCX, FIT, NMEA, Google Timeline, drones' captions, films."""

import gzip
import io
import json
import random
import struct
import zipfile

from fuzzing import mutations

_FIT_EPOCH = 631_065_600


def track(random: random.Random) -> tuple[str, bytes]:
    """A track: its name and its bytes; sometimes under a wrong name, gzipped, cut."""
    ending, make = random.choice(tuple(_MAKERS.items()))
    data = make(random, [_point(random, number) for number in range(random.choice((0, 1, 3, 40)))])
    name = f"t{random.choice(tuple(_MAKERS)) if random.random() < 0.1 else ending}"
    if random.random() < 0.1:
        return name + ".gz", mutations.mutated(gzip.compress(data), random)
    return name, data


def _point(random: random.Random, number: int) -> tuple[str, float, float]:
    return f"2024-03-18T{9 + number // 20:02}:{number % 60:02}:00Z", 48 + number / 100, 2 + number / 100


def _kml(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    whens = [f"<when>{time}</when>" for time, _, _ in points]
    coords = [f"<gx:coord>{lng} {lat} 1</gx:coord>" for _, lat, lng in points]
    kind = random.randrange(4)
    if kind == 0:
        inside = f"<gx:Track>{''.join(whens + coords)}</gx:Track>"
    elif kind == 1:
        inside = f"<gx:Track>{''.join(map(str.__add__, whens, coords))}</gx:Track>"
    else:
        shape = "Point" if kind == 2 else "LineString"
        inside = "</Placemark><Placemark>".join(
            f"<TimeSpan><begin>{time}</begin><end>{time.replace('18T', '19T')}</end></TimeSpan><{shape}><coordinates>"
            f"{lng},{lat},0 {lng},{lat}</coordinates></{shape}>" for time, lat, lng in points
        )  # fmt: skip
    return mutations.mutated_text(f'<?xml version="1.0"?><kml><Placemark>{inside}</Placemark></kml>', random)


def _kmz(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        archive.writestr("doc.kml", _kml(random, points))
        archive.writestr(
            random.choice(("a.png", "../b.kml", "c.gpx", "d/e.fit")), mutations.word(random).encode("utf-8", "replace")
        )
    return mutations.mutated(file.getvalue(), random) if random.random() < 0.5 else file.getvalue()


def _tcx(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    inside = "".join(
        f"<Trackpoint><Time>{time}</Time><Position><LatitudeDegrees>{lat}</LatitudeDegrees><LongitudeDegrees>{lng}"
        "</LongitudeDegrees></Position></Trackpoint>" for time, lat, lng in points
    )  # fmt: skip
    root = "TrainingCenterDatabase"
    return mutations.mutated_text(f"<{root}><Activities><Activity>{inside}</Activity></Activities></{root}>", random)


def _fit(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    body = struct.pack("<BBBHB", 0x40, 0, 0, 20, 3) + bytes((253, 4, 0x86, 0, 4, 0x85, 1, 4, 0x85))
    for number, (_, lat, lng) in enumerate(points):
        angles = (round(each * 2**31 / 180) for each in (lat, lng))
        body += struct.pack("<BIii", 0, 1_710_756_000 - _FIT_EPOCH + 60 * number, *angles)
    data = struct.pack("<BBHI4sH", 14, 16, 2132, len(body), b".FIT", 0) + body + b"\0\0"
    return mutations.mutated(data, random)


def _nmea(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    lines = []
    for time, lat, lng in points:
        clock = time[11:19].replace(":", "")
        lines.append(f"GPRMC,{clock},A,{lat * 100:.2f},N,{lng * 100:09.2f},E,0.1,2.0,180324,,")
        lines.append(f"GPGGA,{clock},{lat * 100:.2f},N,{lng * 100:09.2f},E,1,08,0.9,545.4,M,46.9,M,,")
    return mutations.mutated_text("".join(f"${line}\r\n" for line in lines), random)


def _timeline(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        found: object = {"locations": [
            {"latitudeE7": round(lat * 1e7), "longitudeE7": round(lng * 1e7), "accuracy": 20, "timestamp": time}
            for time, lat, lng in points
        ]}  # fmt: skip
    elif kind == 1:
        found = {"timelineObjects": [
            {"placeVisit": {"location": {"latitudeE7": round(lat * 1e7), "longitudeE7": round(lng * 1e7)},
                            "duration": {"startTimestamp": time, "endTimestamp": time.replace("18T", "19T")}}}
            for time, lat, lng in points
        ]}  # fmt: skip
    elif kind == 2:
        found = {"semanticSegments": [{"startTime": time, "endTime": time, "timelinePath": [
            {"point": f"{lat}°, {lng}°", "time": time}]} for time, lat, lng in points], "rawSignals": []}  # fmt: skip
    else:
        found = [{"startTime": time, "endTime": time, "visit": {"topCandidate": {"placeLocation": f"geo:{lat},{lng}"}}}
                 for time, lat, lng in points]  # fmt: skip
    return mutations.mutated_text(json.dumps(found, ensure_ascii=False), random)


def _caption(random: random.Random, number: int, point: tuple[str, float, float]) -> str:
    time, lat, lng = point
    place = random.choice(
        (f"[latitude: {lat}] [longtitude: {lng}]", f"GPS({lng},{lat},19)", f"GPS ({lat}, {lng}, 1.0M)")
    )
    return f"{number}\n00:00:{number:02},000 --> 00:00:{number:02},033\n{time[:10]} {time[11:19]},123\n{place}\n"


def _captions(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    text = "\n".join(_caption(random, number, point) for number, point in enumerate(points))
    return mutations.mutated_text(text, random)


def _film(random: random.Random, points: list[tuple[str, float, float]]) -> bytes:
    """A film with a track of captions, or of what should be a GoPro's telemetry."""
    lines = [_caption(random, number, point).encode() for number, point in enumerate(points)]
    samples = [struct.pack(">H", len(line)) + line for line in lines]
    offsets = [20 + sum(map(len, samples[:number])) for number in range(len(samples))]
    count = len(samples)
    tables = (
        (b"stsd", bytes(7) + b"\1" + bytes(4) + random.choice((b"tx3g", b"text", b"gpmd"))),
        (b"stsz", struct.pack(f">III{count}I", 0, 0, count, *map(len, samples))),
        (b"stsc", struct.pack(">IIIII", 0, 1, 1, random.choice((1, 1, 3)), 1)),
        (b"stco", struct.pack(f">II{count}I", 0, count, *offsets)),
    )
    inside = b"".join(struct.pack(">I", 8 + len(data)) + kind + data for kind, data in tables)
    for kind in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        inside = struct.pack(">I", 8 + len(inside)) + kind + inside
    media = b"".join(samples)
    head = struct.pack(">I4s4s", 12, b"ftyp", b"mp42") + struct.pack(">I4s", 8 + len(media), b"mdat")
    return mutations.mutated(head + media + inside, random)


_MAKERS = {
    ".kml": _kml, ".kmz": _kmz, ".tcx": _tcx, ".fit": _fit, ".nmea": _nmea, ".json": _timeline, ".srt": _captions,
    ".mp4": _film,
}  # fmt: skip
