import subprocess
import sys

import pytest
from PIL import Image
from pyarrow import parquet

BLOCK = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        heavy = {"torch", "torchvision", "onnx", "onnxscript", "safetensors", "scipy", "tensorboard", "pyarrow"}
        if name.split(".")[0] in heavy:
            raise ModuleNotFoundError(f"the light install has no {name}", name=name)
sys.meta_path.insert(0, Absent())
"""


@pytest.mark.parametrize("extra", [[], ["--json"], ["--map"], ["--geojson"], ["--csv"]])
def test_a_photo_is_located_without_torch(tiny_model, photo, tmp_path, extra):
    if extra and extra != ["--json"]:
        extra = [*extra, str(tmp_path / "result")]
    arguments = ["locate", str(photo("red")), "--model", str(tiny_model), *extra]
    code = f"{BLOCK}\nfrom photoplanet.cli import main\nmain({arguments!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "France" in done.stdout
    assert done.stderr == ""


def test_the_cold_start_leaves_out_what_it_does_not_need(tiny_model, photo):
    arguments = ["locate", str(photo("red")), "--model", str(tiny_model)]
    code = f"""
import sys
from photoplanet.cli import main
try:
    main({arguments!r})
finally:
    heavy = ("torch", "pandas", "scipy", "rich", "pyarrow", "xml.sax", "multiprocessing", "tarfile", "pillow_heif",
             "photoplanet.clues.plates", "photoplanet.metadata.xmp")
    print("LOADED", sorted(set(heavy) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "LOADED []" in done.stdout, done.stdout


@pytest.fixture
def light(tiny_model, photo, tmp_path):
    """Runs a command as the light install would; it may name `photo` and `model`, and a photo that states a place."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 3.0, 0.0), 3: "E", 4: (13.0, 44.0, 0.0)})
    Image.new("RGB", (64, 64), "red").save(tmp_path / "dresden.jpg", exif=exif)

    def run(*arguments):
        given = [str(each) for each in arguments]
        code = f"{BLOCK}\nfrom photoplanet.cli import main\nmain({given!r})"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


def test_photos_that_state_a_place_albums_and_audits_need_no_arrow(light, tiny_model, tmp_path):
    found = light("locate", "dresden.jpg", "--model", tiny_model)
    assert "Dresden" in found.stdout, found.stderr
    trip = light("album", "dresden.jpg", "--model", tiny_model, "--csv", "a.csv", "--geojson", "a.geojson")
    assert trip.returncode == 0 and (tmp_path / "a.geojson").is_file(), trip.stderr
    audit = light("audit", "dresden.jpg")
    assert "51.05" in audit.stdout, audit.stderr


@pytest.mark.parametrize("command", [
    ("index", ".", "-o", "photos.parquet"), ("evaluate", "toy", "photos.csv"), ("score", "a.csv", "--truth", "b.csv"),
    ("partition", "photos.csv", "-o", "cells.parquet"), ("album", "photos.csv"), ("toyworld", "-o", "new"),
])  # fmt: skip
def test_tables_need_the_extra_and_say_so(light, tmp_path, command):
    (tmp_path / "photos.csv").write_text("photo_id,path,latitude,longitude\na,dresden.jpg,51,13\n")
    (tmp_path / "a.csv").write_text("photo_id,latitude,longitude\na,51,13\n")
    (tmp_path / "b.csv").write_text("photo_id,latitude,longitude\na,51,13\n")
    done = light(*command)
    assert done.returncode == 2
    assert done.stderr.startswith("photoplanet: a table of photos needs the 'tables' extra: pip install "), done.stderr


def test_cells_that_an_older_version_compressed_need_the_extra_and_say_so(light, tmp_path, tiny_model):
    cells = parquet.read_table(tiny_model / "cells.parquet")
    parquet.write_table(cells, tmp_path / "old.parquet", compression="zstd")
    code = f"{BLOCK}\nimport photoplanet as pp\npp.Partition.load('old.parquet')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "old.parquet: its cells are compressed" in done.stderr and "needs the 'tables' extra" in done.stderr
