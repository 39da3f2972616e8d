"""A letter as text, HTML and PDF: the same words in each, the same bytes each time, no character lost."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pypdf import PdfReader

from services.notifier.blocks import Heading, Listing, Paragraph, Table, blocks_of, plain
from services.notifier.entities import entity_of, message_of, text_of
from services.notifier.html_page import html_of
from services.notifier.pages import MAIN, RARE, GlyphsMissingError, Sheet, _characters_of, pdf_of
from tests.people import NAMES

WRITTEN_AT = datetime(2025, 10, 9, tzinfo=UTC)
RARE_NAME = "㛃"  # CJK Extension A
UNPRINTABLE = "\U00020bb7"
TEXT = """您好：

# 处理结果

投诉成立。

| 补救 | 不晚于 |
| 退款 | 2025-10-10 |
| 致歉 |

- 一
- 二
"""
SHEET = Sheet(
    language="zh-CN",
    sender="示例钱包",
    sender_lines=("上海市世纪大道 100 号", "complaints@wallet.example"),
    recipient_lines=(NAMES[0],),
    number="7X8R-5BQFE-XC",
    written_on="2025-10-09",
    subject="关于您的投诉 7X8R-5BQFE-XC 的处理结果",
    text=TEXT,
)


def pages(pdf: bytes) -> list[str]:
    """The words of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_marks_of_a_template_make_the_blocks_of_a_letter() -> None:
    assert blocks_of(TEXT) == [
        Paragraph(("您好：",)),
        Heading("处理结果"),
        Paragraph(("投诉成立。",)),
        Table(("补救", "不晚于"), (("退款", "2025-10-10"), ("致歉", ""))),
        Listing(("一", "二")),
    ]


def test_plain_text_has_the_words_and_none_of_the_marks() -> None:
    assert (
        plain(TEXT)
        == "您好：\n\n处理结果\n\n投诉成立。\n\n- 补救: 退款; 不晚于: 2025-10-10\n- 补救: 致歉\n\n- 一\n- 二\n"
    )


def test_the_pages_have_letterhead_address_date_number_and_every_word() -> None:
    (page,) = pages(pdf_of(SHEET, WRITTEN_AT))
    words = "".join(page.split())
    for each in (SHEET.sender, *SHEET.sender_lines, NAMES[0], SHEET.number, "日期：2025-10-09", "退款", "第1页，共1页"):
        assert "".join(each.split()) in words


def test_the_same_letter_is_the_same_bytes() -> None:
    assert pdf_of(SHEET, WRITTEN_AT) == pdf_of(SHEET, WRITTEN_AT)


def test_a_long_letter_counts_its_pages_and_has_one_letterhead() -> None:
    long = pages(pdf_of(replace(SHEET, language="en", text=TEXT * 9), WRITTEN_AT))
    assert len(long) > 1
    assert [SHEET.sender_lines[1] in page for page in long] == [True, *[False] * (len(long) - 1)]
    assert f"Page 2 of {len(long)}" in long[1]


def test_a_rare_character_of_a_name_is_printed() -> None:
    (page,) = pages(pdf_of(replace(SHEET, recipient_lines=(f"王{RARE_NAME}",)), WRITTEN_AT))
    assert RARE_NAME in page


def test_a_character_that_no_font_has_stops_the_letter_and_is_named() -> None:
    with pytest.raises(GlyphsMissingError, match=r"U\+20BB7") as missing:
        pdf_of(replace(SHEET, recipient_lines=(f"王{UNPRINTABLE}",)), WRITTEN_AT)
    assert missing.value.characters == UNPRINTABLE


def test_a_font_of_the_tenant_has_what_the_shipped_ones_lack(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(RARE.read_bytes())
    (page,) = pages(pdf_of(replace(SHEET, sender_lines=(RARE_NAME,)), WRITTEN_AT, [tmp_path / "own.ttf"]))
    assert RARE_NAME in page


def test_the_fonts_have_every_character_of_gb_2312() -> None:
    codes = [bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF)]
    characters = {code.decode("gb2312", errors="ignore") for code in codes} - {""}
    assert len(characters) > 7000
    assert characters - _characters_of(MAIN) - _characters_of(RARE) - {"\u3000"} == set()


def test_html_has_the_words_and_lets_nobody_write_markup() -> None:
    hostile = replace(SHEET, sender="A & B", text="<script>alert(1)</script>\n\n| <b> |\n| <i> |\n\n- <u>\n\n# <h1>")
    html = html_of(hostile)
    assert "A &amp; B" in html
    assert not {"<script>", "<b>", "<i>", "<u>"} & {f"<{part.split('>')[0]}>" for part in html.split("<")}
    assert "http" not in html


def test_html_shows_headings_tables_and_lists() -> None:
    html = html_of(SHEET)
    for part in ('lang="zh-CN"', "处理结果</h2>", "补救</th>", "退款</td>", "<li>一</li>", SHEET.number):
        assert part in html


def test_an_entity_is_the_same_bytes_and_has_its_parts() -> None:
    made = [entity_of("key", "主题", "正文", "<p>正文</p>", b"%PDF-1", name="7X8R") for _ in range(2)]
    assert made[0] == made[1]
    message = message_from_bytes(made[0], policy=policy.default)
    types = [part.get_content_type() for part in message.walk()]
    assert types == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"]
    assert text_of(made[0]) == ("主题", "正文\n")


def test_the_envelope_changes_nothing_of_the_parts() -> None:
    entity = entity_of("key", "主题", "正文", "<p>正文</p>", b"%PDF-1", name="7X8R")
    message = message_of(entity)
    message["To"] = "somebody@example.com"
    body = entity.split(b"\r\n\r\n", 1)[1]
    assert message.as_bytes().endswith(body)
