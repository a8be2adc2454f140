"""Every file that a command writes: a link's target is replaced, the link stays; devices and pipes are written into."""

import os
import stat
import sys
import threading
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from photoplanet.cli import COMMANDS, group
from photoplanet.metadata.exif_writer import gps_bytes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs links, devices and pipes")

PHOTOS, TABLE = "photos", "photos.csv"
# command and option → (ending, the other arguments; MODEL stands for a model folder)
OUTPUTS = {
    "index -o": [(".csv", "photos"), (".parquet", "photos")],
    "index --report": [(".csv", "photos -o o.csv"), (".json", "photos -o o.csv")],
    "pack --report": [(".csv", "photos.csv -o shards"), (".json", "photos.csv -o shards")],
    "partition -o": [(".parquet", "photos.csv --min-photos 1")],
    "partition --geojson": [(".json", "photos.csv --min-photos 1 -o o.parquet")],
    "locate --csv": [(".csv", "photos --model MODEL"),
                     (".csv", "photos/0.jpg --library photos --index x --with-itself")],
    "locate --geojson": [(".geojson", "photos --model MODEL")],
    "locate --map": [(".html", "photos --model MODEL")],
    "read --csv": [(".csv", "photos")],
    "read --page": [(".html", "photos")],
    "similar --csv": [(".csv", "photos/0.jpg --library photos --index x --with-itself")],
    "similar --show": [(".html", "photos/0.jpg --library photos --index x --with-itself"),
                       (".png", "photos/0.jpg --library photos --index x --with-itself")],
    "figure partition -o": [(".png", "MODEL"), (".svg", "MODEL"), (".pdf", "MODEL")],
    "figure distribution -o": [(".png", "photos/0.jpg --model MODEL")],
    "figure errors -o": [(".svg", "photos.csv photos.csv")],
    "figure examples -o": [(".png", "photos.csv --model MODEL")],
    "figure gallery -o": [(".png", "photos.csv --model MODEL")],
    "figure occlusion -o": [(".png", "photos/0.jpg --model MODEL")],
    "figure album -o": [(".pdf", "photos --model MODEL")],
    "album --csv": [(".csv", "photos --model MODEL")],
    "album --geojson": [(".geojson", "photos --model MODEL")],
    "album --gpx-out": [(".gpx", "photos --model MODEL")],
    "album --map": [(".html", "photos --model MODEL")],
    "audit --page": [(".html", "photos")],
    "explain --overlay": [(ending, "photos/0.jpg --model MODEL --positions 2") for ending in (".png", ".jpg", ".webp")],
    "explain --array": [(".npy", "photos/0.jpg --model MODEL --positions 2")],
    "evaluate --predictions": [(".csv", "MODEL photos.csv")],
    "duplicates -o": [(".csv", "photos.csv"), (".parquet", "photos.csv")],
    "duplicates --report": [(".csv", "photos.csv")],
}  # fmt: skip
# options that name what is read, or a folder, or a file that only grows; or that need more photos than there are here
# (`calibrate`: tests/cli/test_calibrate_cli.py)
OTHERS = {
    "pack -o", "train -o", "train-album -o", "train-embedding -o", "export -o", "toyworld -o", "locate --files-from",
    "similar --files-from", "locate --index", "similar --index", "serve --index", "rank --cache", "play --results",
    "review --track", "review --decisions",
    "album --track", "encoders add --from", "calibrate -o", "calibrate --figure",
    "read --files-from", "audit --files-from", "audit --index",
}  # fmt: skip
CASES = [(option, ending, rest) for option, ways in OUTPUTS.items() for ending, rest in ways]


def leaves(name, command):
    if isinstance(command, click.Group):
        for below, each in command.commands.items():
            yield from leaves(f"{name} {below}", each)
    else:
        yield name, command


def test_every_option_that_names_an_output_is_tried_here():
    context, found = click.Context(group), set()
    for name in COMMANDS:
        for leaf, command in leaves(name, group.get_command(context, name)):
            for each in command.params:
                if isinstance(each, click.Option) and isinstance(each.type, click.Path) and not each.type.exists:
                    found.add(
                        next(
                            (f"{leaf} {way}" for way in each.opts if f"{leaf} {way}" in OUTPUTS),
                            f"{leaf} {each.opts[0]}",
                        )
                    )
    assert found - OTHERS == set(OUTPUTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A few geotagged photos and their table, not to be changed."""
    home = tmp_path_factory.mktemp("outputs")
    (home / PHOTOS).mkdir()
    lines = ["photo_id,path,latitude,longitude"]
    for number, (latitude, longitude) in enumerate([(48.86, 2.35), (-22.91, -43.17), (-33.87, 151.21)]):
        noise = np.random.default_rng(number).integers(0, 255, (12, 16, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(noise).save(home / PHOTOS / f"{number}.jpg", exif=gps_bytes(latitude, longitude))
        lines.append(f"{number},photos/{number}.jpg,{latitude},{longitude}")
    (home / TABLE).write_text("\n".join(lines) + "\n")
    return home


@pytest.fixture
def wrote(run, folder, tiny_model, tmp_path, monkeypatch):
    """A function that runs a command of `CASES` with its output at a path in a folder of the test's own."""
    for name in (PHOTOS, TABLE):
        (tmp_path / name).symlink_to(folder / name)
    monkeypatch.chdir(tmp_path)

    def call(option: str, rest: str, path: Path) -> None:
        command, _, name = option.rpartition(" ")
        arguments = [str(tiny_model) if each == "MODEL" else each for each in rest.split()]
        status, _, err = run(*command.split(), *arguments, name, path)
        assert status == (3 if command == "audit" else 0), err  # the photos have places, which it says

    return call


@pytest.mark.parametrize(("option", "ending", "rest"), CASES)
def test_links_stay_and_devices_and_pipes_are_written_into(wrote, tmp_path, option, ending, rest):
    target, link = tmp_path / "deep" / f"target{ending}", tmp_path / f"link{ending}"
    target.parent.mkdir()
    if (option, ending) != ("similar --show", ".png"):  # takes no name of a file that is there: it could be a photo
        target.write_bytes(b"old")
        target.chmod(0o640)
    mode = target.stat().st_mode if target.exists() else None
    link.symlink_to(Path("deep") / target.name)
    wrote(option, rest, link)
    assert link.is_symlink() and mode in (None, target.stat().st_mode)
    content = target.read_bytes()
    assert content and content != b"old" and [path.name for path in target.parent.iterdir()] == [target.name]

    pipe, got = tmp_path / f"pipe{ending}", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    wrote(option, rest, pipe)
    reader.join(30)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert got and (got[0] == content or ending in (".pdf", ".svg"))  # these have a date

    device = tmp_path / f"null{ending}"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except OSError:  # only root may
        device.symlink_to("/dev/null")
    wrote(option, rest, device)
    assert stat.S_ISCHR(device.stat().st_mode) and Path(os.devnull).is_char_device()
    assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(".photoplanet-part")]
