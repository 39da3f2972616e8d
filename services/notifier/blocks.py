"""What a letter is made of: paragraphs, headings, lists and tables, as few marks in a template say it.

A line `# words` is a heading, lines `- words` are a list, lines `| words | words |` a table under its first line;
anything else is a paragraph. One text becomes plain text, HTML and PDF.
"""

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Paragraph:
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    words: str


@dataclass(frozen=True)
class Listing:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Heading | Listing | Table


def blocks_of(text: str) -> list[Block]:
    return [_block(mark, [line.strip() for line in lines]) for mark, lines in groupby(text.splitlines(), _mark) if mark]


def _mark(line: str) -> str:
    """What a line belongs to; nothing where it is empty."""
    words = line.strip()
    return next((mark for mark in ("# ", "- ", "|") if words.startswith(mark)), "words" if words else "")


def _block(mark: str, lines: list[str]) -> Block:
    if mark == "# ":
        return Heading(" ".join(line.removeprefix("# ") for line in lines))
    if mark == "- ":
        return Listing(tuple(line.removeprefix("- ") for line in lines))
    if mark == "|":
        head, *rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        return Table(head, tuple((*row, *[""] * (len(head) - len(row)))[: len(head)] for row in rows))
    return Paragraph(tuple(lines))


def plain(text: str) -> str:
    """The letter as plain text."""
    return "\n\n".join(_in_plain_words(block) for block in blocks_of(text)) + "\n"


def _in_plain_words(block: Block) -> str:
    if isinstance(block, Heading):
        return block.words
    if isinstance(block, Listing):
        return "\n".join(f"- {item}" for item in block.items)
    if isinstance(block, Table):
        return "\n".join(_row(block.head, row) for row in block.rows)
    return "\n".join(block.lines)


def _row(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    return "- " + "; ".join(f"{name}: {cell}" for name, cell in zip(head, row, strict=True) if cell)
