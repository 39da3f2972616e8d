"""Each worked example of the manual is what the engine says, under the citation that the policy carries."""

import re
from collections.abc import Callable, Mapping
from datetime import date

import pytest

from tests.domain.escalation_facts import answered, extended
from tests.domain.escalation_following import Watched
from tests.escalation_builders import at
from tests.installation import HERE
from tests.services.packs import PACKS, taken

EXAMPLES = (HERE.parent / "docs" / "worked-examples.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `([a-z0-9-]+)`\n(.*?)(?=^## |\Z)", EXAMPLES, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| `(\w+)` \| ([a-z ,]+?) ?(\d{4}-\d\d-\d\d)? \| (\d{4}-\d\d-\d\d) \|", re.MULTILINE)
ROWS = [(pack, *row) for pack, section in SECTIONS.items() for row in ROW.findall(section)]

What = Callable[[Watched, str, str], object]


def _extend(watched: Watched, clock: str, _day: str) -> None:
    running = watched.clock(clock)
    rule = PACKS[running.policy].rule(running.rule_id)
    assert rule.extension is not None
    for _ in range(rule.extension.times):
        cap = rule.extension.cap
        watched.hears(extended(running.clock_id, cap.amount, cap.unit), at("2025-09-27T12:00"))


WHAT: Mapping[str, What] = {
    "received": lambda _watched, _clock, _day: None,
    "received, complex": lambda _watched, _clock, _day: None,
    "received, urgent": lambda _watched, _clock, _day: None,
    "holding letter on": lambda watched, _, day: watched.hears(answered("holding"), at(f"{day}T12:00")),
    "final letter on": lambda watched, _, day: watched.hears(answered("final"), at(f"{day}T12:00")),
    "no letter by": lambda watched, _, day: watched.fires("statutory_final", at(f"{day}T23:59")),
    "extended as far as may be": _extend,
}


CLASSIFIED: Mapping[str, dict[str, object]] = {
    "received, complex": {"complexity": "complex"},
    "received, urgent": {"urgent": True},
}


def test_every_pack_has_a_worked_example_with_its_citation() -> None:
    assert SECTIONS.keys() == PACKS.keys()
    assert [name for name, pack in PACKS.items() if pack.citation not in SECTIONS[name]] == []
    assert {pack for pack, *_ in ROWS} == PACKS.keys()


def test_an_unverified_pack_says_so() -> None:
    said = {name for name, section in SECTIONS.items() if "**Unverified" in section}
    assert said == {name for name, pack in PACKS.items() if not pack.verified}


def test_a_pack_of_which_nobody_knows_since_when_it_is_in_force_says_so() -> None:
    said = {name for name, section in SECTIONS.items() if "also since when it is in force" in section}
    assert said == {"hk-hkma", "sg-mas-epay"} == {name for name, pack in PACKS.items() if pack.effective_from is None}


@pytest.mark.parametrize(("pack", "clock", "what", "day", "last_day"), ROWS)
def test_the_engine_says_what_the_manual_says(pack: str, clock: str, what: str, day: str, last_day: str) -> None:
    watched = taken(PACKS[pack], CLASSIFIED.get(what, {}))
    WHAT[what](watched, clock, day)
    assert watched.clock(clock).due_on == date.fromisoformat(last_day)
