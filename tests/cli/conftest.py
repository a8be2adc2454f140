"""What tests of several commands share."""

import pytest

from photoplanet.cli import main


@pytest.fixture(scope="session")
def status():
    """A function: `status("locate", …)` → the exit status; what is printed is left to `capsys`."""

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        return ended.value.code

    return call


@pytest.fixture
def run(status, capsys):
    """A function: `run("locate", …)` → exit status, stdout, stderr."""

    def call(*arguments):
        code = status(*arguments)
        return code, *capsys.readouterr()

    return call
