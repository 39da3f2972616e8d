"""A file of outside bodies is read whole, or refused with its name and the reason."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.contracts.bodies import BodyFileError, Length, read_bodies


def test_a_file_that_is_no_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "own.bodies.toml"
    file.write_text("[[body", encoding="utf-8")
    with pytest.raises(BodyFileError, match=r"^own\.bodies\.toml: "):
        read_bodies(file)


@pytest.mark.parametrize("length", [{}, {"weeks": 1, "months": 1}])
def test_a_limit_has_one_unit(length: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="a limit has one unit"):
        Length.model_validate(length)
