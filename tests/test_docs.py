"""The commands in README.md and docs/ exist with the options shown, links point to files, and the quick tour runs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from photoplanet.cli import COMMANDS, group

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(text: str) -> list[str]:
    """Lines of ```bash blocks, and indented lines that run something of ours; continued lines are joined."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.M | re.S)
    indented = re.findall(r"^    ((?:photoplanet|python|bash|torchrun|make) .*)$", text, re.M)
    joined = "\n".join([*blocks, *indented]).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]


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
def test_links_and_scripts_point_to_files(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
    for line in commands(text):
        for script in re.findall(r"\b(?:benchmarks|recipes|tools)/[\w/.-]+\.(?:py|sh)\b", line):
            assert (ROOT / script).is_file(), f"{page.name}: {script}"


def test_every_command_has_help_with_an_example():
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        parts = command.commands.values() if isinstance(command, click.Group) else [command]
        assert any("photoplanet" in (part.help or "") for part in (command, *parts)), name


def test_the_quick_tour_of_the_readme_runs(tmp_path):
    """Every command of the README's own block for real photos, on a small toy Earth in place of ~/Photos."""
    text = (ROOT / "README.md").read_text("utf-8")
    tour = [line for line in commands(text) if photoplanet_arguments(line)]
    assert len(tour) >= 4
    environment = {**os.environ, "HOME": str(tmp_path), "PHOTOPLANET_HOME": str(tmp_path / "home")}
    run_here = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    made = [sys.executable, "-m", "photoplanet", "toyworld", "-o", "Photos", "--photos", "300", "--size", "64"]
    assert subprocess.run(made, **run_here).returncode == 0
    for line in tour:
        arguments = [word.replace("~", str(tmp_path)) for word in photoplanet_arguments(line)]
        if arguments[0] == "train":
            arguments += ["--epochs", "1", "--image-size", "32", "--set", "width=0.25", "--max-photos", "60"]
        arguments = [
            str(tmp_path / "Photos" / "photos.parquet") if word == "held-out.parquet" else word for word in arguments
        ]
        if "IMG.jpg" in arguments:
            one = next((tmp_path / "Photos").rglob("*.jpg"))
            arguments[arguments.index("IMG.jpg")] = str(one)
        done = subprocess.run([sys.executable, "-m", "photoplanet", *arguments], **run_here)
        assert done.returncode == 0, f"{line}: {done.stderr}"
