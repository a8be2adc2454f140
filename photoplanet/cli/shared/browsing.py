"""Opening a page in the browser beside this terminal, where there is one."""

import os
import sys
import webbrowser


def show(address: str) -> None:
    """Open an address in the browser; nothing where only a text browser could open, which would take the terminal."""
    if os.name == "nt" or sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        webbrowser.open(address)
