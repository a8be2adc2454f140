"""What the Python pages show has docstrings that begin with one sentence; public functions have examples."""

import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from typing import Protocol

import pytest

import photoplanet

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / "api.md", DOCS / "api-modules.md"]
SHOWN = re.findall(
    r"^\.\. auto(module|class|function):: (photoplanet[\w.]*)$",
    "\n".join(page.read_text("utf-8") for page in PAGES),
    re.M,
)


def resolved(kind: str, name: str):
    """The module, class or function of that full name."""
    if kind == "module":
        return importlib.import_module(name)
    home, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(home), attribute)


def public(name: str, thing):
    """(name, object) of `thing` and of all that is public in it and was written there."""
    yield name, thing
    if inspect.ismodule(thing):
        for each, value in vars(thing).items():
            own = not each.startswith("_") and getattr(value, "__module__", None) == thing.__name__
            if own and (inspect.isclass(value) or inspect.isfunction(value)):
                yield from public(f"{name}.{each}", value)
    elif inspect.isclass(thing):
        for each, value in vars(thing).items():
            value = getattr(value, "func", None) or getattr(value, "fget", None) or getattr(value, "__func__", value)
            if not each.startswith("_") and inspect.isfunction(value):
                yield f"{name}.{each}", value


THINGS = {name: thing for kind, shown in SHOWN for name, thing in public(shown, resolved(kind, shown))}


def test_every_public_name_is_on_a_page():
    modules = {shown for kind, shown in SHOWN if kind == "module"}
    for name in photoplanet.__all__:
        thing = getattr(photoplanet, name)
        home = thing.__name__ if inspect.ismodule(thing) else f"{getattr(thing, '__module__', '')}.{name}"
        assert f"photoplanet.{name}" in THINGS or home in modules or home in THINGS or name == "__version__" or (
            home == "photoplanet.locate"
        ), name  # fmt: skip
    assert "photoplanet.locate.locator.locate" in THINGS  # what calling `photoplanet.locate` does
    assert len(THINGS) > 150


@pytest.mark.parametrize("name", THINGS)
def test_it_begins_with_one_sentence_on_one_line(name):
    text = inspect.getdoc(THINGS[name]) or ""
    first, _, rest = text.partition("\n")
    assert first, f"{name} has no docstring"
    assert re.search(r"[.:;)”\"]$|…$", first) and (not rest or rest.startswith("\n")), f"{name}: {first}"


def functions_of_the_package():
    """(full name, function) of every public function that stands in a module, but for command line and server."""
    for found in pkgutil.walk_packages(photoplanet.__path__, "photoplanet."):
        if found.name.startswith(("photoplanet.cli", "photoplanet.server", "photoplanet.__main__")):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            value = inspect.unwrap(value) if callable(value) else value  # a cached function is one too
            if not name.startswith("_") and inspect.isfunction(value) and value.__module__ == found.name:
                yield f"{found.name}.{name}", value


def has_an_example(function, home) -> bool:
    """Whether the function's own docstring has an example, or that of its class or module uses it."""
    lines = re.findall(r"^ *(?:>>>|\.\.\.) .*$", home.__doc__ or "", re.M)
    return ">>> " in (function.__doc__ or "") or any(re.search(rf"\b{function.__name__}\b", line) for line in lines)


def test_every_function_on_the_pages_has_an_example():
    missing = []
    for name, thing in THINGS.items():
        home = THINGS.get(name.rpartition(".")[0], sys.modules[thing.__module__] if inspect.isfunction(thing) else None)
        declared = inspect.isclass(home) and Protocol in home.__bases__  # nothing of it can run
        if inspect.isfunction(thing) and not declared and not has_an_example(thing, home):
            missing.append(name)
    assert not missing, f"without an example: {', '.join(missing)}"


def test_every_public_function_has_an_example():
    functions = dict(functions_of_the_package())
    missing = [name for name, each in functions.items() if not has_an_example(each, sys.modules[each.__module__])]
    assert not missing, f"without an example: {', '.join(missing)}"
    assert len(functions) > 500
