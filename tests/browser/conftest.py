"""A real browser in front of a real server. Chromium must be there: these tests are never skipped."""

import importlib.util
import socket
import threading
import time
from pathlib import Path

import pytest

import photoplanet as pp
from photoplanet.server.app import create_app

DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def chromium():
    """The module tools/chromium.py."""
    spec = importlib.util.spec_from_file_location("chromium", Path(__file__).parents[2] / "tools" / "chromium.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")  # Playwright keeps an event loop running, which other tests cannot have beside theirs
def browser(chromium):
    """Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        program = running.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        yield program
        program.close()


@pytest.fixture(scope="module")
def served():
    """A function: `served(application)` → its address; stopped after the last test of the file."""
    import uvicorn

    running = []

    def start(application):
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread, listening))
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    for server, thread, listening in running:
        server.should_exit = True
        thread.join(30)
        listening.close()


@pytest.fixture(scope="module")
def model(tiny_model):
    """The tiny model, loaded."""
    return pp.load(tiny_model, signs=False, clock=False)


@pytest.fixture(scope="module")
def address(served, model):
    """A server of the tiny model."""
    return served(create_app(model))


@pytest.fixture
def visit(browser):
    """A function: `visit(address, viewport, **options)` → a page.

    At the end: nothing was asked of anybody but the server at `address`, and no script failed.
    """
    contexts, elsewhere, faults = [], [], []

    def open_(address, viewport=DESKTOP, **options):
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        context.set_default_timeout(20_000)

        def gate(route):
            if route.request.url.startswith(f"{address}/"):
                route.continue_()
            else:
                elsewhere.append(route.request.url)
                route.abort()

        context.route("**/*", gate)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if "Security Policy" in message.text else None)
        page.goto(f"{address}/")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not elsewhere
    assert not faults
