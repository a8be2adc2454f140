"""Ctrl-C at any moment after Python itself has started: status 130 (or that of the finished work), and not a word."""

import signal
import subprocess
import sys
import textwrap

import pytest

HEAD = """
import os, signal, sys, threading
def press(): os.kill(os.getpid(), signal.SIGINT)
"""


def run(code, *arguments):
    """Status, stdout and stderr of Python code in a process that a foreground shell has started."""
    ended = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(code), *arguments], capture_output=True, text=True, timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout, ended.stderr


# each presses Ctrl-C at one moment of a command
WHILE_IMPORTING = """
    import builtins
    whole = builtins.__import__
    def importing(name, *more):
        if name == NAME: builtins.__import__ = whole; press()
        return whole(name, *more)
    builtins.__import__ = importing
    from photoplanet.__main__ import main
    sys.argv = ["photoplanet", "models", "list"]
    main()
"""
AS_C_CODE_TURNS_IT_INTO_AN_ERROR = """
    import photoplanet.models.installed as installed
    def models():
        try: press(); threading.Event().wait(5)
        except KeyboardInterrupt: raise ImportError("initialization failed")
    installed.models = models
    from photoplanet.__main__ import main
    sys.argv = ["photoplanet", "models", "list"]
    main()
"""
IN_A_FINALISER = """
    import photoplanet.models.installed as installed
    class Held:
        def __del__(self): press(); [None for _ in range(10000)]
    def models():
        Held(); return []
    installed.models = models
    from photoplanet.__main__ import main
    sys.argv = ["photoplanet", "models", "list"]
    main()
"""
AT_THE_END = """
    import atexit
    class Last:
        def __del__(self, press=press): press()
    atexit.register(press)
    last = Last()
    from photoplanet.__main__ import main
    sys.argv = ["photoplanet", "--version"]
    main()
"""


@pytest.mark.parametrize("name", ["click", "photoplanet.cli", "photoplanet.models", "json"])
def test_while_it_imports(name):
    assert run(WHILE_IMPORTING.replace("NAME", repr(name))) == (130, "", "")


def test_while_a_library_in_c_turns_it_into_an_error_of_its_own():
    assert run(AS_C_CODE_TURNS_IT_INTO_AN_ERROR) == (130, "", "")


def test_where_python_would_print_it_and_go_on():
    assert run(IN_A_FINALISER) == (130, "", "")


def test_as_the_command_ends_its_own_status_stands():
    status, out, err = run(AT_THE_END)
    assert status == 0 and out.startswith("photoplanet") and err == ""


def test_a_signal_that_is_ignored_stays_ignored():
    """As under nohup, and in the background of a script."""
    code = "signal.signal(signal.SIGINT, signal.SIG_IGN); from photoplanet.__main__ import main; import atexit; press(); sys.argv = ['photoplanet', '--version']; main()"  # noqa: E501
    status, out, err = run(code)
    assert status == 0 and out.startswith("photoplanet") and err == ""


def test_of_a_library_nothing_changes():
    code = "import photoplanet as pp; pp.cells; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert run(code)[1] == "True\n"
