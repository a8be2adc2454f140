"""`make demo` as the Makefile has it, with what it would install already there, and without a network."""

import csv
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sign_pictures
from PIL import Image

ROOT = Path(__file__).parents[1]
STAMP = ".venv-demo/installed-signs"
OFFLINE = """
import socket

def refuse(*given, **more):
    raise AssertionError(f"a connection was opened: {given}")

socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A folder with the Makefile and what it calls; Python there cannot connect to anything."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("Makefile", "pyproject.toml", "tools", "photoplanet"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv-demo/bin").mkdir(parents=True)
    for name, arguments in (("photoplanet", " -m photoplanet"), ("python", "")):
        program = folder / ".venv-demo/bin" / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
        program.chmod(stat.S_IRWXU)
    (folder / "offline").mkdir()
    (folder / "offline/sitecustomize.py").write_text(OFFLINE)
    (folder / STAMP).touch()
    return folder


def make(checkout: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name not in ("PHOTOS", "MAKEFLAGS")}
    environment |= {"PYTHONPATH": f"{checkout / 'offline'}{os.pathsep}{ROOT}", "OMP_NUM_THREADS": "1",
                    "PHOTOPLANET_HOME": str(checkout / "home"), "HOME": str(checkout), **more}  # fmt: skip
    command = ["make", "--no-print-directory", f"PYTHON={sys.executable}", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


def stated(path: Path, when: str | None = None, where: bool = False, text: str = "") -> None:
    """A photo of a sign, or of none, with a time and GPS (Dresden) or without."""
    exif = Image.Exif()
    if when:
        exif.get_ifd(0x8769)[0x9003] = when
    if where:
        exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 3.0, 0.0), 3: "E", 4: (13.0, 44.0, 0.0)})
    path.parent.mkdir(parents=True, exist_ok=True)
    photo = sign_pictures.photo(text) if text else sign_pictures.ground(width=320, height=240)
    photo.save(path, exif=exif, quality=92)


def test_the_connection_is_refused_where_it_is_tried(checkout):
    """Else the other tests would show nothing."""
    tried = [checkout / ".venv-demo/bin/python", "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"]
    done = subprocess.run(tried, env={**os.environ, "PYTHONPATH": str(checkout / "offline")}, capture_output=True)
    assert b"AssertionError: a connection was opened" in done.stderr


def test_own_photos_are_placed_and_what_is_not_known_is_said(checkout):
    trip = checkout / "my trip"
    stated(trip / "gps.jpg", "2024:05:01 10:00:00", where=True)
    stated(trip / "after.jpg", "2024:05:01 10:05:00")
    stated(trip / "other" / "sign.jpg", text="Hauptbahnhof\nStuttgarter Straße\nDurchfahrt verboten")
    stated(checkout / "nothing" / "blank.jpg")
    done = make(checkout, "demo", "PHOTOS=my trip")
    assert done.returncode == 0, done.stderr
    assert "Of 3 photos, 3 on the map of the real Earth:" in done.stdout
    for line in (
        "1  with a place of their own",
        "1  placed by the text in them",
        "1  placed by the photos taken before",
    ):
        assert f"  {line}" in done.stdout
    with (checkout / "demo-out/your-photos.csv").open(encoding="utf-8", newline="") as file:
        rows = {Path(row["photo_id"]).name: row for row in csv.DictReader(file)}
    assert rows["gps.jpg"]["kind"] == "own GPS" and rows["sign.jpg"]["country_code"] == "DE"
    assert abs(float(rows["after.jpg"]["latitude"]) - 51) < 1
    assert "sign.jpg" in (checkout / "demo-out/your-photos.html").read_text("utf-8")


def test_photos_that_say_nothing_get_no_place_and_a_hint(checkout):
    stated(checkout / "says nothing" / "blank.jpg")
    done = make(checkout, "demo", "PHOTOS=~/says nothing")  # the home folder, by whatever shell
    assert done.returncode == 0, done.stderr
    assert "On the map of the real Earth: none of 1 photo:" in done.stdout
    assert "1  not placed: no text that can be read" in done.stdout and "docs/first-answer.md" in done.stdout


def test_the_folder_of_painted_photos_survives(checkout):
    """Results go beside them, and nothing of what was named is deleted."""
    stated(checkout / "demo-out/signs/mine.jpg")
    assert make(checkout, "demo", "PHOTOS=demo-out/signs").returncode == 0
    assert (checkout / "demo-out/signs/mine.jpg").is_file()


@pytest.mark.parametrize(
    ("photos", "said"),
    [
        ("nowhere at all", "nowhere at all: no such folder; check the path"),
        ("nowhere", "nowhere: no such folder; check the path; with spaces in it: PHOTOS='my trip'"),
        ("~", ": no photo in this folder or below"),
        ("Makefile", "is not a folder; name the one it is in"),
        ("a $(b) $c 'd", "a $(b) $c 'd: no such folder"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_installed(checkout, tmp_path, photos, said):
    (checkout / STAMP).unlink()
    done = make(checkout, "demo", f"PHOTOS={photos}", HOME=str(tmp_path))
    (checkout / STAMP).touch()
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert "pip" not in done.stdout


def test_what_is_installed_is_what_reads_signs(checkout):
    """And once: a second run installs nothing."""
    (checkout / STAMP).unlink()
    missing = make(checkout, "--dry-run", "demo", "PHOTOS=my trip").stdout
    (checkout / STAMP).touch()
    there = make(checkout, "--dry-run", "demo", "PHOTOS=my trip").stdout
    assert "pip install -q '.[signs,tables]'" in missing and "pip" not in there
    assert "toyworld" not in missing and "tools/demo_photos.py" in missing


def test_without_photos_the_toy_earth_and_painted_signs_are_shown(checkout):
    lines = make(checkout, "--dry-run", "demo").stdout
    assert "tools/demo_photos.py" not in lines
    for part in ("toyworld -o demo-out/photos", "--model toy --map demo-out/map.html", "toyworld -o demo-out/signs",
                 "locate demo-out/signs --model none --why --map demo-out/signs.html"):  # fmt: skip
        assert part in lines
