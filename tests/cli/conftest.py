"""What tests of several commands share."""

import pytest

from photoplanet.cli import main


@pytest.fixture
def run(capsys):
    """A function: `run("locate", …)` → exit status, stdout, stderr."""

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return call
