"""The commands in README.md and docs/ exist with the options shown, links point to files, and the tours run."""

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import photoplanet
from photoplanet.cli import COMMANDS, group

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def lines(joined: str) -> list[str]:
    """The commands of some lines; continued lines are joined, comments left out."""
    stripped = [line.strip() for line in joined.replace("\\\n", " ").splitlines()]
    return [line for line in stripped if line and not line.startswith("#")]


def blocks(text: str) -> list[str]:
    """Lines of ```bash blocks: what a reader copies."""
    return lines("\n".join(re.findall(r"^```bash\n(.*?)^```", text, re.M | re.S)))


def commands(text: str) -> list[str]:
    """Those, and what runs something of ours in indented lines and in the middle of a line; but not a usage line."""
    indented = re.findall(r"^    ((?:photoplanet|python|bash|torchrun|make) .*)$", text, re.M)
    spoken = re.findall(r"`((?:photoplanet|python|bash|torchrun|make) [^`\n]+)`", text)
    return blocks(text) + [line for line in lines("\n".join([*indented, *spoken])) if "[OPTIONS]" not in line]


def photoplanet_arguments(line: str) -> list[str] | None:
    words = shlex.split(line, comments=True)
    for cut in ("|", ">", "<", "&&"):
        words = words[: words.index(cut)] if cut in words else words
    if "photoplanet" not in words:
        return None
    return words[words.index("photoplanet") + 1 :]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist_with_the_options_shown(page):
    for line in commands(page.read_text("utf-8")):
        arguments = photoplanet_arguments(line)
        if not arguments or arguments[0].startswith("-"):
            continue
        assert arguments[0] in COMMANDS, f"{page.name}: {line}"
        command, rest = group.get_command(click.Context(group), arguments[0]), arguments[1:]
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            command, rest = command.get_command(click.Context(command), rest[0]), rest[1:]
            assert command is not None, f"{page.name}: {line}"
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
            "--help",
            "-h",
        }
        for word in rest:
            if re.match(r"--?[a-z]", word):
                assert word.split("=")[0] in known, f"{page.name}: {line}: no option {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_are_short(page):
    """At most 120 characters, so that a change shows what changed; a row of a table cannot be wrapped."""
    numbered = list(enumerate(page.read_text("utf-8").splitlines(), 1))
    long = [number for number, line in numbered if len(line) > 120 and not line.startswith("|")]
    assert not long, f"{page.name}: lines {long}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_scripts_point_to_files(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
    for line in commands(text):
        for script in re.findall(r"\b(?:benchmarks|scripts|tools)/[\w/.-]+\.(?:py|sh)\b", line):
            assert (ROOT / script).is_file(), f"{page.name}: {script}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_on_the_pages_names_what_is_there(page):
    """Blocks of Python can be read by Python, and import only what photoplanet has."""
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("photoplanet"):
                home = importlib.import_module(node.module)
                for each in node.names:
                    there = hasattr(home, each.name) or importlib.util.find_spec(f"{node.module}.{each.name}")
                    assert there, f"{page.name}: from {node.module} import {each.name}"
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pp":
                assert hasattr(photoplanet, node.attr), f"{page.name}: pp.{node.attr}"


def test_every_command_has_help_with_an_example():
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        parts = command.commands.values() if isinstance(command, click.Group) else [command]
        assert any("photoplanet" in (part.help or "") for part in (command, *parts)), name


def run(arguments: list[str], folder: Path) -> None:
    """One command in `folder`, with a home of its own; it has to succeed."""
    environment = {**os.environ, "HOME": str(folder), "PHOTOPLANET_HOME": str(folder / "home")}
    made = [sys.executable, "-m", "photoplanet", *arguments]
    done = subprocess.run(made, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"


def test_the_quick_tour_of_the_readme_runs(tmp_path):
    """Every command of the README's own block for real photos, on a small toy Earth in place of ~/Photos."""
    tour = [line for line in blocks((ROOT / "README.md").read_text("utf-8")) if photoplanet_arguments(line)]
    assert len(tour) >= 4
    run(["toyworld", "-o", "Photos", "--photos", "300", "--size", "64"], tmp_path)
    for line in tour:
        arguments = [word.replace("~", str(tmp_path)) for word in photoplanet_arguments(line)]
        arguments = [
            str(tmp_path / "Photos" / "photos.parquet") if word == "held-out.parquet" else word for word in arguments
        ]
        if "IMG.jpg" in arguments:
            one = next((tmp_path / "Photos").rglob("*.jpg"))
            arguments[arguments.index("IMG.jpg")] = str(one)
        run(arguments, tmp_path)


def test_the_five_minutes_run_as_they_stand(tmp_path):
    """Every command of docs/tour.md, one after another, and each file that they promise is there."""
    tour = [line for line in blocks((ROOT / "docs" / "tour.md").read_text("utf-8")) if photoplanet_arguments(line)]
    assert len(tour) >= 10
    for line in tour:
        arguments = photoplanet_arguments(line)
        run(arguments, tmp_path)
        for word in arguments:
            if re.search(r"\.(html|csv|png|parquet)$", word):
                assert (tmp_path / word).stat().st_size > 0, f"{line}: {word}"


def test_a_library_is_put_on_the_map_as_the_page_says(tmp_path):
    """The commands of docs/your-library.md on the library that its first one makes; not those that want more."""
    page = blocks((ROOT / "docs" / "your-library.md").read_text("utf-8"))
    wants_more = ("Tracks", "EOS 80D", "review", "train", "--model model")
    way = [line for line in page if photoplanet_arguments(line) and not any(word in line for word in wants_more)]
    assert [line.split()[1] for line in way] == ["toyworld", "album", "album", "album", "album", "index"]
    for line in way:
        run(photoplanet_arguments(line), tmp_path)
    assert (tmp_path / "library.html").stat().st_size > 0 and (tmp_path / "photos.parquet").stat().st_size > 0
    assert not list((tmp_path / "Photos").rglob("*.xmp")), "all that was written was taken back"


def test_every_page_has_its_place_in_the_site():
    """Each page of docs/ stands once in the navigation, which is in docs/index.md."""
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    listed = [line for block in re.findall(r"```{toctree}\n(.*?)```", index, re.S) for line in block.splitlines()]
    listed = [line.partition("<")[2].rstrip(">") or line for line in listed if line and not line.startswith(":")]
    pages = {page.stem for suffix in ("md", "ipynb") for page in (ROOT / "docs").glob(f"*.{suffix}")} - {"index"}
    missing = sorted(pages - set(listed))
    assert not missing, f"docs/index.md: put {', '.join(missing)} into a toctree"
    assert sorted(listed) == sorted(pages)


def test_the_example_of_a_model_card_is_the_bundled_models():
    """Each line that docs/model-card.md shows stands in the bundled model's card, in the same order."""
    (shown,) = re.findall(r"```text\n(.*?)```", (ROOT / "docs" / "model-card.md").read_text("utf-8"), re.S)
    card = (ROOT / "photoplanet" / "models" / "toy" / "MODEL_CARD.md").read_text("utf-8")
    rest = iter(card.splitlines())
    for line in filter(None, shown.splitlines()):
        assert line in rest, line  # and goes on behind it


def test_the_command_line_reference_is_what_the_commands_say():
    """docs/cli.md is what tools/make_cli_reference.py writes now."""
    spec = importlib.util.spec_from_file_location("make_cli_reference", ROOT / "tools" / "make_cli_reference.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    same = made.reference() == (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert same, "docs/cli.md is out of date; run: python tools/make_cli_reference.py"
