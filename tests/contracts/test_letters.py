"""Elements of letters by their codes: those of today, those of before, and none besides."""

import pytest

from shared.contracts.letters import Element, ElementUnknownError, element_of, known_element


@pytest.mark.parametrize("code", ["limits", "time-limits"])
def test_an_element_of_today_or_before_is_known(code: str) -> None:
    assert known_element(code) == code


def test_an_element_that_no_letter_can_render_is_refused() -> None:
    with pytest.raises(ElementUnknownError, match="there is no element 'horoscope'; known are "):
        known_element("horoscope")


def test_a_time_limit_is_the_answers_in_an_acknowledgement_and_the_bodys_elsewhere() -> None:
    assert element_of("time-limit", "acknowledgement") is Element.LIMITS
    assert element_of("time-limit", "final") is Element.REFER_BY
