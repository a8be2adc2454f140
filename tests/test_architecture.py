"""docs/architecture.md: its tree is what the files say, and all that it names is there; how long things may be."""

import ast
import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"


def test_the_tree_is_what_the_files_say():
    spec = importlib.util.spec_from_file_location("make_architecture", ROOT / "tools" / "make_architecture.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    same = made.page() == PAGE.read_text("utf-8")
    assert same, "docs/architecture.md is out of date; run: python tools/make_architecture.py"


def test_what_a_newcomer_looks_for_is_where_the_page_says():
    rows = re.findall(r"^\| (?!what|---)(.*?) \| `(.*?)` \|$", PAGE.read_text("utf-8"), re.M)
    assert len(rows) >= 12
    missing = [f"{what}: {where}" for what, where in rows if not (ROOT / "photoplanet" / where).exists()]
    assert not missing, missing


def test_the_page_lists_the_layers_as_they_are_held():
    held = re.search(r"^layers =\n((?: +\S+\n)+)", (ROOT / ".importlinter").read_text("utf-8"), re.M)
    layers = [line.strip().removeprefix("photoplanet.") for line in held.group(1).splitlines()]
    (block,) = re.findall(r"```text\n(errors\n.*?)```", PAGE.read_text("utf-8"), re.S)
    assert [line.split()[0] for line in block.splitlines()] == layers[::-1]


def test_modules_and_functions_are_short():
    """About 400 lines a module, 60 a function."""
    long = []
    for path in sorted((ROOT / "photoplanet").rglob("*.py")):
        text = path.read_text("utf-8")
        if text.count("\n") > 420:
            long.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 60:
                    long.append(f"{path.relative_to(ROOT)}: {node.name} has {lines} lines")
    assert not long, long


def test_every_folder_has_its_layer():
    held = (ROOT / ".importlinter").read_text("utf-8")
    folders = {path.parent.name for path in (ROOT / "photoplanet").glob("*/__init__.py")}
    assert all(f"photoplanet.{name}\n" in held for name in folders), "a folder without a layer"
