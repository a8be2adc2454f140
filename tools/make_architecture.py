"""Write the tree of docs/architecture.md anew: one line a file, read from the file itself.

    python tools/make_architecture.py

A Python file's line is the first sentence of its docstring; that of a script, a style sheet or a JavaScript file its
first comment. Files that can hold no comment have their line here. A test holds the page to it.
"""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- the tree: tools/make_architecture.py writes it -->", "<!-- end of the tree -->"
FOLDERS = ("photoplanet", "benchmarks", "scripts", "tools")
WIDTH = 120
# what can hold no comment: path below the repository, or the ending -> its line
DATA = {
    "benchmarks/bench.json": "The ratios that benchmarks/bench.py --write measured; docs/performance.md shows them.",
    "photoplanet/py.typed": "Says that the package is typed.",
    "photoplanet/earth/gazetteer.npz": "155,000 towns and the countries' outlines, written by tools/make_gazetteer.py.",
    "photoplanet/earth/place_names.npz": "Names of towns, states and countries, by tools/make_place_names.py.",
    "photoplanet/earth/zones.npz": "The time zone of each town and of open land, packed by tools/make_zones.py.",
    "photoplanet/earth/coast.npz": "The finer ground of maps in pieces, made by tools/make_coast.py.",
    "photoplanet/earth/land.json": "The ground of every map, made by tools/make_land.py.",
    "photoplanet/earth/telephones.json": "How telephone numbers are written, made by tools/make_telephones.py.",
    "photoplanet/earth/countries.json": "Languages, codes and photos by country, made by tools/make_countries.py.",
    "photoplanet/toyworld/sign_countries.csv": "The languages of signs in each country of the toy Earth.",
    "photoplanet/toyworld/sign_words.json": "Words of signs on the toy Earth, by language.",
    "photoplanet/duplicates/binary_codes.json": "The facts of binary_codes.onnx.",
    "photoplanet/duplicates/binary_codes.onnx": "The network of the binary codes, trained by scripts/duplicates.sh.",
    "photoplanet/server/page/icon.svg": "The page's icon.",
    "tools/javascript/package.json": "The tools that `make lint-js` installs; nothing of them is shipped.",
    "tools/javascript/package-lock.json": "Their exact versions.",
    "photoplanet/toyworld/cities.csv": "The cities of the toy Earth: real names and places.",
}
START = r"\A(?:#!.*\n|<!DOCTYPE html>\n)?\s*"  # of a file, before its first comment
COMMENT = r"# (.*)|// (.*)|/\*\*?\s*(.*?)(?:\*/|$)|<!--\s*(.*?)-->"
MODEL = "photoplanet/models/toy/"  # a model folder: one line for all its files
MODEL_LINE = "The bundled model folder, trained by scripts/toy.sh; docs/model-folder.md says what is in it."


def files() -> list[str]:
    """The tracked files of `FOLDERS`, sorted."""
    listed = subprocess.run(["git", "ls-files", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def about(name: str) -> str:
    """The line of one file; SystemExit for a file that has none."""
    if name in DATA:
        return DATA[name]
    text = (ROOT / name).read_text("utf-8")
    if name.endswith(".py"):
        found = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
    else:
        match = re.search(f"{START}(?:{COMMENT})", text, re.M)
        found = next(filter(None, match.groups()), "") if match else ""
    if not found.strip():
        raise SystemExit(f"{name}: needs a docstring or a first comment that says what it is")
    return " ".join(found.split()).removesuffix("*/").strip()


def tree() -> str:
    """The tree as a block of text."""
    lines: list[str] = []
    shown: tuple[str, ...] = ()
    for name in files():
        if name.startswith(MODEL):
            name = MODEL
        parts = tuple(name.rstrip("/").split("/"))
        folder = parts[:-1]
        for depth in range(len(folder)):
            if folder[: depth + 1] != shown[: depth + 1]:
                lines.append(f"{'  ' * depth}{folder[depth]}/")
        shown = folder
        if name == MODEL:
            line = f"{'  ' * len(folder)}{parts[-1]}/  {MODEL_LINE}"
        elif parts[-1] == "__init__.py":
            note = about(name)
            lines[-1] = f"{lines[-1]}  {note}" if lines[-1].endswith(f"{folder[-1]}/") else lines[-1]
            continue
        else:
            line = f"{'  ' * len(folder)}{parts[-1]}  {about(name)}"
        if not lines or lines[-1] != line:
            lines.append(line)
    return "\n".join(map(shortened, lines))


def shortened(line: str) -> str:
    """The line without its full stop; one that is too long ends at its last comma, colon or bracket that fits."""
    if len(line) > WIDTH:
        ends = [found.start() for found in re.finditer(r"[,;:] | \(| → ", line[: WIDTH + 1])]
        name_ends = line.index("  ", len(line) - len(line.lstrip())) + 15
        line = line[: ends[-1]] if ends and ends[-1] > name_ends else line[:WIDTH].rpartition(" ")[0]
    return line.removesuffix(".")


def page() -> str:
    """docs/architecture.md with the tree as it is now."""
    text = TARGET.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n```text\n{tree()}\n```\n\n{END}{after}"


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
