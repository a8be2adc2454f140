import subprocess
import sys

import pytest

BLOCK = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "torchvision", "onnx", "onnxscript", "safetensors", "scipy", "tensorboard"}:
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
    heavy = ("torch", "pandas", "scipy", "rich", "pyarrow.dataset", "pyarrow.compute", "reverse_geocode", "pillow_heif")
    print("LOADED", sorted(set(heavy) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "LOADED []" in done.stdout, done.stdout
