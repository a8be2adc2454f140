"""The command line: `photoplanet` and `python -m photoplanet`. From the first line on, Ctrl-C leaves no traceback."""

import os

try:
    # What `signal` is made of: there at once, where `signal` has to be imported first. Typing stubs do not know it.
    import _signal as signal  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    import signal


def main() -> None:
    """Run the command line."""
    quiet = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else somebody else decides, as nohup does
    if quiet:  # while Python imports there is nothing to put in order
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    from photoplanet.cli import main as run
    from photoplanet.cli.shared import ctrl_c

    if quiet:
        signal.signal(signal.SIGINT, ctrl_c.leave)
    try:
        run()
    except KeyboardInterrupt:  # between the end of the command and that of the program
        os._exit(130)


if __name__ == "__main__":
    main()
