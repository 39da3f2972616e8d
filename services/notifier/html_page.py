"""A letter as HTML, for mail programs: every word escaped, every style inline, nothing fetched from anywhere."""

from html import escape

from services.notifier.blocks import Block, Heading, Listing, Table, blocks_of
from services.notifier.pages import Sheet

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;background:#f4f5f7">
<div style="max-width:640px;margin:0 auto;padding:32px 40px;background:#fff;color:#212529;\
font:15px/1.6 -apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif">
<p style="margin:0;font-size:22px;color:#173e6e">{sender}</p>
<p style="margin:4px 0 24px;padding-bottom:12px;border-bottom:2px solid #173e6e;\
font-size:12px;color:#697078">{lines}</p>
<p style="margin:0 0 16px;font-size:12px;color:#697078">{number} · {written_on}</p>
<h1 style="font-size:18px;font-weight:600;margin:0 0 16px">{subject}</h1>
{body}
</div>
</body>
</html>
"""
CELL = "padding:6px 8px;border-bottom:1px solid #dee2e6;text-align:left;vertical-align:top"


def html_of(sheet: Sheet) -> str:
    return PAGE.format(
        language=escape(sheet.language),
        subject=escape(sheet.subject),
        sender=escape(sheet.sender),
        lines="<br>".join(map(escape, sheet.sender_lines)),
        number=escape(sheet.number),
        written_on=escape(sheet.written_on),
        body="\n".join(_marked_up(block) for block in blocks_of(sheet.text)),
    )


def _marked_up(block: Block) -> str:
    if isinstance(block, Heading):
        return f'<h2 style="font-size:15px;color:#173e6e;margin:20px 0 8px">{escape(block.words)}</h2>'
    if isinstance(block, Listing):
        return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ul>"
    if isinstance(block, Table):
        head = "".join(f'<th style="{CELL};background:#173e6e;color:#fff">{escape(cell)}</th>' for cell in block.head)
        rows = "".join(f"<tr>{_cells(row)}</tr>" for row in block.rows)
        return f'<table style="width:100%;border-collapse:collapse"><tr>{head}</tr>{rows}</table>'
    return f"<p>{'<br>'.join(map(escape, block.lines))}</p>"


def _cells(row: tuple[str, ...]) -> str:
    return "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in row)
