"""The rule of assignment: who of a team is given a complaint; the same facts always choose the same handler."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """How one is chosen among those who suit; its value is the reason of the assignment."""

    FEWEST_OPEN = "fewest-open"
    ROUND_ROBIN = "round-robin"


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a complaint asks of its handler; who is named in `excluded` must not decide it."""

    level: int
    category: str
    language: str
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A handler as things stand: without languages or categories of every one, without capacity without end."""

    handler_id: str
    team: str
    levels: tuple[int, ...]
    languages: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    capacity: int | None = None
    is_away: bool = False
    open: int = 0

    def holds(self, needs: Needs) -> bool:
        """Tell whether a complaint that is with this handler may stay there."""
        return needs.level in self.levels and self.handler_id not in needs.excluded

    def suits(self, needs: Needs) -> bool:
        """Tell whether this handler may be given a complaint now."""
        return (
            self.holds(needs)
            and not self.is_away
            and (self.capacity is None or self.open < self.capacity)
            and (not self.languages or _base(needs.language) in {_base(each) for each in self.languages})
            and (not self.categories or any(_covers(each, needs.category) for each in self.categories))
        )


def choose(candidates: Sequence[Candidate], needs: Needs, *, by: Choice, last: str | None) -> Candidate | None:
    """Return who is given the complaint, None where nobody suits; `last` is who was given the one before."""
    in_turn = sorted(candidates, key=lambda each: (each.handler_id <= (last or ""), each.handler_id))
    suitable = [candidate for candidate in in_turn if candidate.suits(needs)]
    if by == Choice.FEWEST_OPEN:
        return min(suitable, key=lambda candidate: candidate.open, default=None)
    return next(iter(suitable), None)


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


def _covers(skill: str, category: str) -> bool:
    return category == skill or category.startswith(f"{skill}.")
