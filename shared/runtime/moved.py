"""What a data directory says of an installation that has left it, or is about to."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "moved.json"


class MovedAwayError(Exception):
    """The installation of a data directory has moved; says where to, and what to do."""


@dataclass(frozen=True)
class Departure:
    """A move from here: `to` names the database and the topics, without a password."""

    move_id: str
    to: str
    is_done: bool = False


def departure(data_dir: Path) -> Departure | None:
    file = data_dir / NAME
    return Departure(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def note(data_dir: Path, departing: Departure) -> None:
    """Write it whole or not at all."""
    partial = data_dir / f"{NAME}.partial"
    partial.write_text(json.dumps(asdict(departing)), encoding="utf-8")
    partial.rename(data_dir / NAME)


def require_here(data_dir: Path) -> None:
    """Raise MovedAwayError where what lies here must not run: it would say again what is said elsewhere."""
    found = departure(data_dir)
    if found is None:
        return
    if found.is_done:
        raise MovedAwayError(
            f"the installation in {data_dir} has moved to {found.to}; run it there. To go back to how it was before,"
            f" and lose what was recorded since, delete {data_dir / NAME}"
        )
    raise MovedAwayError(
        f"a move from {data_dir} to {found.to} is not done; `recourse move` again ends it."
        f" To stay here, delete {data_dir / NAME} and what the move has written there"
    )
