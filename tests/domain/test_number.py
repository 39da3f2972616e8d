"""The number people read out: written with a check symbol, read back with the slips people make."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.number import ALPHABET, BODY_SYMBOLS, complaint_number, read_number

SHAPE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{2}")
NUMBERS = st.integers(min_value=0, max_value=2 ** (5 * BODY_SYMBOLS) - 1).map(complaint_number)
BEGIN_WITH_0_AND_1 = st.integers(min_value=0, max_value=2**40 - 1).map(
    lambda rest: complaint_number(rest << 10 | 1 << 5)
)
FEW = settings(max_examples=25, deadline=None)


def positions(number: str) -> list[int]:
    return [place for place, symbol in enumerate(number) if symbol != "-"]


def with_symbol(number: str, place: int, symbol: str) -> str:
    return number[:place] + symbol + number[place + 1 :]


@FEW
@given(NUMBERS)
def test_a_number_has_three_groups_of_unmistakable_symbols(number: str) -> None:
    assert SHAPE.fullmatch(number)


@FEW
@given(NUMBERS)
def test_a_number_is_read_as_it_was_written(number: str) -> None:
    assert read_number(number) == number


@pytest.mark.parametrize(("bits", "number"), [(0, "0000-00000-00"), (1, "1000-00000-0Z"), (2**50 - 1, "ZZZZ-ZZZZZ-ZA")])
def test_a_number_is_written_as_ever_so_that_letters_of_years_ago_can_be_read(bits: int, number: str) -> None:
    assert complaint_number(bits) == number


@pytest.mark.parametrize("bit", range(5 * BODY_SYMBOLS))
def test_every_random_bit_makes_another_number(bit: int) -> None:
    assert complaint_number(1 << bit) != complaint_number(0)


@FEW
@given(NUMBERS)
def test_every_single_wrong_symbol_is_noticed(number: str) -> None:
    for place in positions(number):
        for symbol in set(ALPHABET) - {number[place]}:
            assert read_number(with_symbol(number, place, symbol)) is None


@FEW
@given(NUMBERS)
def test_two_neighbours_that_changed_places_are_noticed_unless_they_are_0_and_z(number: str) -> None:
    places = positions(number)
    for one, other in pairwise(places):
        first, second = number[one], number[other]
        swapped = with_symbol(with_symbol(number, one, second), other, first)
        if first != second and {first, second} != {"0", "Z"}:
            assert read_number(swapped) is None


@FEW
@given(NUMBERS)
def test_case_spaces_and_hyphens_do_not_matter(number: str) -> None:
    bare = number.replace("-", "")
    assert read_number(bare.lower()) == number
    assert read_number(f"  {' '.join(bare)} ") == number
    assert read_number(f"{bare[:2]}-{bare[2:7]} {bare[7:]}") == number


@pytest.mark.parametrize(
    ("mistaken", "meant"), [("I", "1"), ("i", "1"), ("L", "1"), ("l", "1"), ("O", "0"), ("o", "0")]
)
@FEW
@given(number=BEGIN_WITH_0_AND_1)
def test_letters_that_look_like_digits_are_read_as_digits(mistaken: str, meant: str, number: str) -> None:
    assert read_number(number.replace(meant, mistaken)) == number


@pytest.mark.parametrize("text", ["", "-", "7K3M", "王小明", "UUUU-UUUUU-UU", "7K3M-92QFV-8", "7K3M_92QFV_8"])
def test_what_is_no_number_reads_as_none(text: str) -> None:
    assert read_number(text) is None


@FEW
@given(NUMBERS, st.sampled_from(ALPHABET))
def test_a_symbol_too_many_or_too_few_is_noticed(number: str, symbol: str) -> None:
    assert read_number(number + symbol) is None
    assert read_number(number[:-1]) is None
