"""What stays out of a cold start, what needs no torch, and what nothing here does; `.importlinter` holds the layers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import photoplanet

PACKAGE = Path(photoplanet.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_importing_photoplanet_imports_nothing_heavy():
    heavy = ("numpy", "torch", "pyarrow", "onnxruntime", "rich")
    code = f"import sys, photoplanet; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_locating_imports_no_torch():
    code = "import sys, photoplanet as pp; pp.load, pp.locate, pp.Partition, pp.cells; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_public_names_are_there_and_unknown_ones_are_named():
    for name in photoplanet.__all__:
        assert getattr(photoplanet, name) is not None
    with pytest.raises(AttributeError, match="it has cells"):
        photoplanet.nothing  # noqa: B018


def test_an_old_name_works_for_one_version_and_says_so():
    with pytest.warns(DeprecationWarning, match=r"photoplanet\.places is now photoplanet\.gazetteer"):
        assert photoplanet.places is photoplanet.gazetteer


def test_what_a_type_checker_sees_is_what_is_there():
    """The names under TYPE_CHECKING are written by hand, beside the table that imports them when they are used."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    shown = {alias.asname for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert shown == {*photoplanet.__all__} - {"__version__"}
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_training_imports_torch(path):
    """So that a light install locates photos."""
    if path.relative_to(PACKAGE).parts[0] != "training":
        assert not any(name.split(".")[0] == "torch" for name in imported(path))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_calls_out_and_nothing_is_unpickled(path):
    """docs/responsible-use.md promises it: one home of connections; only what listens may open a socket."""
    clients = {
        "urllib.request",
        "http.client",
        "requests",
        "httpx",
        "httpx2",
        "aiohttp",
        "urllib3",
        "ftplib",
        "smtplib",
        "pyarrow.fs",
        "fsspec",
        "boto3",
    }
    never = clients | {"pickle", "marshal", "shelve", "dill", "joblib", "huggingface_hub", "torch.hub"}
    if path.name != "listening.py":
        never |= {"socket"}
    if path == PACKAGE / "core" / "downloads.py":  # which runs only where a person wrote --download, or an address
        never -= {"urllib.request", "http.client"}
    if path == PACKAGE / "core" / "stores.py":  # which runs only where a person wrote an address
        never -= {"pyarrow.fs"}
    found = {name for name in imported(path) if name in never or name.split(".")[0] in never}
    assert not found, f"{path} imports {', '.join(sorted(found))}"
