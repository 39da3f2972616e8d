"""Whether a container holds a film or a sound, whatever it is called and in whatever pieces it comes."""

import pytest

from services.intake.media_tracks import MOST_BOXES, Tracks
from tests.services.recordings import box, recorded, track

FILM_INSIDE = box(b"mdat", recorded(b"mp42", b"vide"))
"""What was recorded may look like boxes, but is not read as such."""


def held(content: bytes, pieces: int = 1000) -> str | None:
    tracks = Tracks()
    for start in range(0, len(content), pieces):
        tracks.feed(content[start : start + pieces])
    return tracks.media_type("audio/mp4")


@pytest.mark.parametrize("pieces", [1, 7, 8, 20, 1000, 100_000])
@pytest.mark.parametrize("sound_first", [True, False])
@pytest.mark.parametrize("long", [True, False])
def test_the_tracks_say_what_it_is_in_whatever_pieces_it_comes(pieces: int, sound_first: bool, long: bool) -> None:
    sound = recorded(b"mp42", b"soun", sound_first=sound_first, long=long)
    film = recorded(b"mp42", b"soun", b"vide", sound_first=sound_first, long=long)
    assert (held(sound, pieces), held(film, pieces)) == ("audio/mp4", "video/mp4")


def test_what_was_recorded_is_not_read_as_a_list_of_tracks() -> None:
    assert held(FILM_INSIDE + box(b"moov", track(b"soun"))) == "audio/mp4"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        recorded(b"mp42"),
        recorded(b"mp42", b"text"),
        recorded(b"mp42", b"soun", sound_first=True)[:-200],
        b"\0\0\0\x04free" + box(b"moov", track(b"soun")),
        b"\0\0\0\0mdat" + box(b"moov", track(b"soun")),
    ],
    ids=["nothing", "no track", "words alone", "cut off", "a box smaller than its head", "a last box that goes on"],
)
def test_what_tells_of_no_sound_is_neither(content: bytes) -> None:
    assert held(content) is None


def test_a_file_of_endless_small_boxes_is_not_read_to_its_end() -> None:
    assert held(box(b"free", b"") * MOST_BOXES + box(b"moov", track(b"soun")), 100_000) is None
