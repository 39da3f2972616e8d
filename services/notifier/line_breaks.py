"""Where a line of a letter may end: between words, and in Chinese between characters, but not before a full stop."""

import re
from collections.abc import Callable

OPENING = "（〔［｛《〈「『【“‘"  # noqa: RUF001 - those of Chinese are meant
CLOSING = "。，、；：？！）〕］｝》〉」』】”’％…—·"  # noqa: RUF001 - as above
"""Neither the ones at the end of a line nor the others at its beginning: on paper as in every book."""
CHINESE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
UNITS = re.compile(
    rf"\s+|[{OPENING}]*(?:[{CHINESE}]|[^\s{CHINESE}{OPENING}]+)[{CLOSING}]*|[{OPENING}]+",
)


def lines_of(words: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    """Break words into lines no wider than this; what is wider by itself has a line of its own."""
    lines, left = [""], width
    for unit in UNITS.findall(words):
        needed = width_of(unit)
        if lines[-1] and needed > left and not unit.isspace():
            lines.append("")
            left = width
        lines[-1] += unit
        left -= needed
    return [line.strip() for line in lines]
