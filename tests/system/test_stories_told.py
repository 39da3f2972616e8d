"""What the complainant reads in some stories is what the files say that people have read and found good."""

import pytest

from tests.conftest import Running
from tests.stories.telling import CHOSEN, FILES, HEADINGS, file_of, transcripts


@pytest.mark.parametrize("number", CHOSEN)
def test_a_story_is_told_as_its_files_say(running: Running, number: str) -> None:
    """Where it should be told otherwise from now on, `make told` writes the files anew: read them before they go in."""
    for language, text in transcripts(running, number).items():
        assert text == file_of(number, language).read_text(encoding="utf-8")


def test_no_file_is_left_of_a_story_that_is_not_told() -> None:
    assert set(FILES.iterdir()) == {file_of(number, language) for number in CHOSEN for language in HEADINGS}
