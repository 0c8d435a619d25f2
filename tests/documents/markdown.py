"""The few forms of Markdown that made pages have."""

import textwrap
from collections.abc import Iterable, Sequence

_WIDTH = 120


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    Args:
        columns: the headings.
        rows: the cells, as Markdown.
    """
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n" for cells in lines)


def code(text: str) -> str:
    """Return text in the font of code, whatever is in it."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def block(text: str) -> str:
    """Return lines of code."""
    return f"```\n{text.strip()}\n```\n"


def paragraph(text: str) -> str:
    """Return prose in lines as long as those that people write here."""
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"
