"""Where the lines of a letter end: between words and Chinese characters, as books have it."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from services.notifier.line_breaks import CLOSING, OPENING, lines_of
from services.notifier.pages import pdf_of
from tests.services.test_letter_pages import SHEET, WRITTEN_AT

SENTENCES = "我们已与银行核对完毕（回单延迟），款项将全额退回到您原来的付款账户。"
WORDS = "We have checked with the bank, and write to complaints@wallet.example about it."


def width_of(words: str) -> float:
    """As in a typewriter: a Chinese character is twice as wide as a letter."""
    return sum(1 if ord(each) < 0x2000 else 2 for each in words)


@pytest.mark.parametrize("width", range(8, 60))
def test_no_line_begins_with_what_closes_or_ends_with_what_opens(width: int) -> None:
    lines = lines_of(SENTENCES, width, width_of)
    assert "".join(lines) == SENTENCES
    assert all(width_of(line) <= width for line in lines)
    assert not [line for line in lines if line[0] in CLOSING or line[-1] in OPENING]


@pytest.mark.parametrize("width", range(30, 60))
def test_words_and_addresses_are_not_broken(width: int) -> None:
    assert " ".join(lines_of(WORDS, width, width_of)) == WORDS


@pytest.mark.parametrize("words", ["don\u2019t", "Иванов", "7X8R-5BQFE-XC", "Łódź"])
def test_one_word_is_one_word_whatever_its_letters(words: str) -> None:
    assert lines_of(f"a {words}", 4, width_of) == ["a", words]


def test_nothing_is_one_empty_line() -> None:
    assert lines_of("", 10, width_of) == [""]


def test_a_full_stop_of_the_pdf_stands_with_its_sentence() -> None:
    for length in range(30, 50):
        pdf = pdf_of(replace(SHEET, text="到" * length + "账。"), WRITTEN_AT)
        (page,) = [each.extract_text() for each in PdfReader(io.BytesIO(pdf)).pages]
        assert not [line for line in page.splitlines() if line.strip().startswith("。")]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_sender_does_not_stand_alone_on_a_page(language: str) -> None:
    alone = []
    for lines in range(12, 30):
        text = "\n\n".join(["- x"] * lines + ["Write to us about it.", "Example Wallet"])
        pages = PdfReader(io.BytesIO(pdf_of(replace(SHEET, language=language, text=text), WRITTEN_AT))).pages
        last = pages[-1].extract_text()
        alone += [lines] if "Write to us" not in last else []
    assert alone == []
