"""Kill -9 in the middle of a bulk answer: each complainant gets one letter, each complaint one fact."""

from pathlib import Path

import pytest

from tests.faults.bulk_answers import address, answer_many

COMPLAINTS = 60


@pytest.mark.on_files
def test_each_complainant_gets_one_letter_though_the_process_is_killed_in_the_middle(tmp_path: Path) -> None:
    counted = answer_many(tmp_path, COMPLAINTS)
    assert (counted.done, counted.refused) == (COMPLAINTS, 0)
    assert counted.letters == {address(number): 1 for number in range(COMPLAINTS)}
    assert set(counted.facts.values()) == {1}
    assert len(counted.facts) == COMPLAINTS
    assert counted.repeated <= 1
