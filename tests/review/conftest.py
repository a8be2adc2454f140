"""What the tests of the review share."""

import pytest
import review_photos


@pytest.fixture
def start(tmp_path):
    """A function: `start(folder)` → a session on its photos, whose decisions lie in `tmp_path`; closed at the end."""
    running = []

    def begin(folder=None, **options):
        folder = review_photos.walk(tmp_path / "walk") if folder is None else folder
        session = review_photos.opened(folder, tmp_path / "kept.jsonl", **options)
        running.append(session)
        return session

    yield begin
    for session in running:
        session.kept.close()
