"""A letter on paper: letterhead, address, reference, body, page numbers; the same bytes however often it is made."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, VAlign, WrapMode, XPos, YPos
from fpdf.fonts import FontFace
from typing_extensions import override

from services.notifier.blocks import Block, Heading, Listing, Paragraph, Table, blocks_of
from services.notifier.line_breaks import lines_of

FONTS = Path(__file__).parent / "fonts"
MAIN, RARE = FONTS / "letters.ttf", FONTS / "rare.ttf"
INK, FAINT, RULE = (33, 37, 41), (105, 112, 120), (23, 62, 110)
LEFT, RIGHT, TOP, BOTTOM = 25.0, 20.0, 20.0, 24.0
SIZE, LINE, SMALL = 10.5, 6.2, 8.5
PARAGRAPH_SPACE, INDENT, PADDING = 3.0, 6.0, (1.0, 1.5)
TOLERANCE = 0.01
"""Widths are sums of many small ones."""
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"date": "Date: ", "number": "Complaint: ", "page": "Page {page} of {{nb}}", "bullet": "\u2022"},
    "zh-CN": {"date": "日期：", "number": "投诉编号：", "page": "第 {page} 页，共 {{nb}} 页", "bullet": "\u2022"},
}


class GlyphsMissingError(Exception):
    """No font of the letters has these characters: a letter without them would not say what it says."""

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = "".join(sorted(characters))
        super().__init__(", ".join(f"U+{ord(each):04X}" for each in self.characters))


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What stands on the paper around and in a letter."""

    language: str
    sender: str
    sender_lines: tuple[str, ...]
    recipient_lines: tuple[str, ...]
    number: str
    written_on: str
    subject: str
    text: str


class Paper(FPDF):
    """One letter while it is laid out."""

    def __init__(self, sheet: Sheet, fonts: Sequence[Path]) -> None:
        super().__init__(format="A4")
        self._sheet = sheet
        self._words = WORDS.get(sheet.language, WORDS["en"])
        for number, font in enumerate(fonts):
            self.add_font(f"letters-{number}", fname=font)
        self.set_fallback_fonts([f"letters-{number}" for number in range(1, len(fonts))])
        self.set_margins(LEFT, TOP, RIGHT)
        self.c_margin = 0
        self.set_auto_page_break(True, BOTTOM)
        self.set_lang(sheet.language)
        self.set_title(sheet.subject)
        self.set_author(sheet.sender)

    @override
    def header(self) -> None:
        if self.page_no() > 1:
            return
        self._use(17, RULE)
        self._line(self._sheet.sender, 9)
        self._use(SMALL, FAINT)
        for line in self._sheet.sender_lines:
            self._line(line, 4.2)
        self.set_draw_color(*RULE)
        self.set_line_width(0.5)
        self.line(LEFT, self.y + 2, self.w - RIGHT, self.y + 2)
        self.ln(12)

    @override
    def footer(self) -> None:
        self.set_y(-17)
        self.set_draw_color(*FAINT)
        self.set_line_width(0.1)
        self.line(LEFT, self.y, self.w - RIGHT, self.y)
        self.ln(2)
        self._use(SMALL, FAINT)
        half = self.epw / 2
        self.cell(half, 5, f"{self._sheet.sender} · {self._sheet.number}")
        page = self._words["page"].format(page=self.page_no())
        self.set_x(self.w - RIGHT - self.get_string_width(page.replace(self.str_alias_nb_pages or "", "0")))
        self.cell(half, 5, page)

    def lay_out(self) -> None:
        self.add_page()
        self._addresses()
        self._use(13, INK)
        self._in_lines(self._sheet.subject, self.epw, 7.5)
        self.ln(4)
        blocks = blocks_of(self._sheet.text)
        for number, block in enumerate(blocks, 1):
            if number == len(blocks) - 1:
                self._keep_together(blocks[-2:])
            self._block(block)

    def _keep_together(self, last: Sequence[Block]) -> None:
        """The name of who writes does not stand alone on a page."""
        paragraphs = [block for block in last if isinstance(block, Paragraph)]
        if len(paragraphs) == len(last) and self.will_page_break(sum(map(self._height, paragraphs))):
            self.add_page()

    def _height(self, paragraph: Paragraph) -> float:
        self._use(SIZE, INK)
        return PARAGRAPH_SPACE + LINE * sum(len(self._broken(line, self.epw)) for line in paragraph.lines)

    def _addresses(self) -> None:
        """Whom it is for on the left, date and number on the right."""
        top, half = self.y, self.epw / 2
        self._use(SIZE, INK)
        for line in self._sheet.recipient_lines:
            self._in_lines(line, half, LINE)
        below = self.y
        named = ((self._words["date"], self._sheet.written_on), (self._words["number"], self._sheet.number))
        for number, (name, value) in enumerate(named):
            self.set_xy(LEFT + half, top + number * LINE)
            self.cell(half, LINE, f"{name}{value}", align="R")
        self.set_xy(LEFT, max(below, top + 2 * LINE) + 10)

    def _block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._heading(block)
        elif isinstance(block, Table):
            self._table(block)
        elif isinstance(block, Listing):
            self._listing(block)
        else:
            self._paragraph(block)

    def _heading(self, heading: Heading) -> None:
        """A heading does not stand alone at the foot of a page."""
        if self.will_page_break(4 * LINE):
            self.add_page()
        self.ln(1.5)
        self._use(11.5, RULE)
        self._in_lines(heading.words, self.epw, LINE)
        self.ln(1.5)

    def _paragraph(self, paragraph: Paragraph) -> None:
        self._use(SIZE, INK)
        for line in paragraph.lines:
            self._in_lines(line, self.epw, LINE)
        self.ln(PARAGRAPH_SPACE)

    def _listing(self, listing: Listing) -> None:
        self._use(SIZE, INK)
        for item in listing.items:
            self.cell(INDENT, LINE, self._words["bullet"], align="C")
            self._in_lines(item, self.epw - INDENT, LINE)
        self.ln(3)

    def _table(self, block: Table) -> None:
        self._use(SIZE - 0.5, INK)
        self.set_draw_color(*FAINT)
        self.set_line_width(0.1)
        heading = FontFace(color=(255, 255, 255), fill_color=RULE)
        with self.table(
            headings_style=heading,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=LINE,
            padding=PADDING,
            text_align="LEFT",
            v_align=VAlign.T,
            align="LEFT",
            wrapmode=WrapMode.CHAR,
        ) as table:
            width = self.epw / len(block.head) - 2 * PADDING[1] - TOLERANCE
            for cells in (block.head, *block.rows):
                table.row(["\n".join(self._broken(cell, width)) for cell in cells])
        self.ln(4)

    def _use(self, size: float, colour: tuple[int, int, int]) -> None:
        self.set_font("letters-0", size=size)
        self.set_text_color(*colour)

    def _line(self, words: str, height: float) -> None:
        self.multi_cell(0, height, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _in_lines(self, words: str, width: float, height: float) -> None:
        """A word that is longer than a line is broken anywhere."""
        told = "\n".join(self._broken(words, width))
        self.multi_cell(width, height, told, align="L", wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _broken(self, words: str, width: float) -> list[str]:
        return lines_of(words, width - TOLERANCE, self.get_string_width)


def pdf_of(sheet: Sheet, written_at: datetime, own_fonts: Sequence[Path] = ()) -> bytes:
    """Lay a letter out; raises GlyphsMissingError. The moment of writing is the date of the file."""
    paper = Paper(sheet, _fonts_for(sheet, own_fonts))
    paper.set_creation_date(written_at)
    paper.lay_out()
    made = io.BytesIO()
    paper.output(made)
    return made.getvalue()


def _fonts_for(sheet: Sheet, own_fonts: Sequence[Path]) -> list[Path]:
    """The main font, and of the others those that have what it lacks: reading a font takes longer than a page."""
    wanted = _characters(sheet)
    fonts = [MAIN]
    for font in (MAIN, RARE, *own_fonts):
        has = _characters_of(font) & wanted
        if has and font != MAIN:
            fonts.append(font)
        wanted -= has
    if wanted:
        raise GlyphsMissingError(wanted)
    return fonts


def _characters(sheet: Sheet) -> set[str]:
    lines = (sheet.sender, *sheet.sender_lines, *sheet.recipient_lines, sheet.number, sheet.subject, sheet.text)
    return {each for each in "".join(lines) if not each.isspace()}


@cache
def _characters_of(font: Path) -> frozenset[str]:
    with TTFont(font, lazy=True) as read:
        return frozenset(chr(code) for code in read.getBestCmap())
