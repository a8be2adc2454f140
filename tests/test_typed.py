"""What a person's editor and type checker see of the package as it is installed, from the wheel."""

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """\
from collections.abc import Iterator
from pathlib import Path

import photoplanet as pp

model = pp.load("toy")
one = model.locate("photo.jpg")
reveal_type(one)  # Prediction
reveal_type(one.best.name)  # str
reveal_type(one.credible_region(0.9).radius_km)  # float


def photos() -> Iterator[Path]:
    yield Path("photo.jpg")


reveal_type(model.locate(photos()))  # Predictions[Prediction]
reveal_type(model.locate(photos(), on_error="keep")[0])  # Prediction | InputError
reveal_type(pp.locate(b"...", model="toy"))  # Prediction
reveal_type(pp.locate([b"..."]))  # Predictions[Prediction]
for photo, answer in model.locate_many(photos()):
    reveal_type(answer)  # Prediction | InputError
reveal_type(model.locate_album(photos())[0].at)  # tuple[float, float] | None
reveal_type(model.similar("photo.jpg", "library/")[0].photo_id)  # str
reveal_type(model.explain("photo.jpg").whole)  # float
reveal_type(model.evaluate("photos.parquet"))  # dict[str, Any]
reveal_type(pp.Partition.load("cells.parquet"))  # Partition
reveal_type(pp.gazetteer.name(48.86, 2.35)[0].country)  # str
model.locate(3)  # error
model.locate("photo.jpg").latitude  # error
pp.lode("toy")  # error
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment where the wheel is installed, and what it depends on is found."""
    home = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home / "wheel")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    where = sysconfig.get_path("purelib", "venv", {"base": str(home / "venv"), "platbase": str(home / "venv")})
    (wheel,) = (home / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(where)
    (Path(where) / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return home / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def test_a_users_script_is_checked_against_the_wheel(python, tmp_path, request):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    cache = request.config.cache.mkdir("mypy-of-the-wheel")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "--cache-dir", str(cache),
         "--no-error-summary", "--no-pretty", "script.py"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    said: dict[int, str] = {}
    for line in found.stdout.splitlines():
        number, _, what = line.removeprefix("script.py:").partition(": ")
        said.setdefault(int(number), what)
    expected = {n: line.split("  # ")[1] for n, line in enumerate(SCRIPT.splitlines(), start=1) if "  # " in line}
    assert said.keys() == expected.keys(), found.stdout + found.stderr
    for number, what in expected.items():
        if what == "error":
            assert said[number].startswith("error: "), said[number]
        else:
            revealed = said[number].removeprefix('note: Revealed type is "').removesuffix('"')
            assert plain(revealed) == what, said[number]


def plain(revealed: str) -> str:
    """A revealed type without the modules of its names."""
    return re.sub(r"\b(\w+\.)+(?=\w)", "", revealed)
