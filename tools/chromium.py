"""Where Chromium is, and how it is started so that it asks nobody for anything: for screenshots and browser tests."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def find() -> str:
    """The program: $PHOTOPLANET_CHROMIUM, or the first of NAMES on the PATH; RuntimeError where there is none."""
    for name in filter(None, (os.environ.get("PHOTOPLANET_CHROMIUM"), *NAMES)):
        if path := shutil.which(name):
            return path
    raise RuntimeError("no Chromium: bash tools/install_chromium.sh, or name one in PHOTOPLANET_CHROMIUM")
