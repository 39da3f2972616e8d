"""Who is given a complaint: whoever suits, in turn, with the fewest open; and nobody where nobody suits."""

from typing import Any

import pytest

from services.intake.domain.assignment import Candidate, Choice, Needs, choose

NEEDS = Needs(level=0, category="account.takeover", language="zh-CN")


def handler(name: str, **changes: Any) -> Candidate:
    return Candidate(**{"handler_id": name, "team": "front_line", "levels": (0,), **changes})


def chosen(
    *candidates: Candidate, needs: Needs = NEEDS, by: Choice = Choice.FEWEST_OPEN, last: str | None = None
) -> Any:
    found = choose(candidates, needs, by=by, last=last)
    return found.handler_id if found else None


@pytest.mark.parametrize(
    "skills",
    [
        {},
        {"languages": ("zh-CN", "en")},
        {"languages": ("zh",)},
        {"categories": ("account.takeover",)},
        {"categories": ("other", "account")},
        {"levels": (0, 1)},
        {"capacity": 3, "open": 2},
    ],
)
def test_who_suits_is_chosen(skills: dict[str, Any]) -> None:
    assert chosen(handler("anna", **skills)) == "anna"


@pytest.mark.parametrize(
    "lacks",
    [
        {"languages": ("en",)},
        {"categories": ("account.locked", "acc", "other")},
        {"levels": (1, 2)},
        {"capacity": 3, "open": 3},
        {"is_away": True},
    ],
)
def test_who_does_not_suit_is_not_chosen(lacks: dict[str, Any]) -> None:
    assert chosen(handler("anna", **lacks)) is None
    assert chosen(handler("anna", **lacks), handler("bert", open=99)) == "bert"


def test_who_must_not_decide_is_not_chosen() -> None:
    needs = Needs(level=0, category="other", language="en", excluded=frozenset({"anna"}))
    assert chosen(handler("anna"), needs=needs) is None
    assert not handler("anna").holds(needs)


def test_who_is_away_or_busy_keeps_what_they_have() -> None:
    assert handler("anna", is_away=True, capacity=1, open=1).holds(NEEDS)
    assert not handler("anna", levels=(1,)).holds(NEEDS)


def test_the_fewest_open_come_first() -> None:
    assert chosen(handler("anna", open=2), handler("bert", open=1), handler("cleo", open=3)) == "bert"


@pytest.mark.parametrize("by", Choice)
@pytest.mark.parametrize(("last", "next_one"), [(None, "anna"), ("anna", "bert"), ("cleo", "anna"), ("bo", "cleo")])
def test_among_equals_it_goes_in_turn(by: Choice, last: str | None, next_one: str) -> None:
    equals = (handler("cleo"), handler("anna"), handler("bert"))
    assert chosen(*equals, by=by, last=last) == next_one


def test_in_turn_the_load_does_not_count() -> None:
    assert chosen(handler("anna", open=9), handler("bert"), by=Choice.ROUND_ROBIN, last="bert") == "anna"


def test_nobody_there_is_nobody_chosen() -> None:
    assert chosen() is None
