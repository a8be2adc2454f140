"""What `index` left out, as tests ask for it."""

from pathlib import Path


def reasons(left_out):
    """The name of each file that was left out → why."""
    return {Path(entry["path"]).name: entry["reason"] for entry in left_out}
