"""What a document shows: its blocks of code, and its tables."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def text_of(document: str) -> str:
    """Return a document by its path from the root."""
    return (ROOT / document).read_text()


def prose(document: str) -> str:
    """Return a document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text_of(document), flags=re.DOTALL | re.MULTILINE)


def blocks(document: str, language: str) -> list[str]:
    """Return the blocks of code in one language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text_of(document), re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def files(document: str) -> dict[str, str]:
    """Return the blocks that are whole files: those after a paragraph which ends with the file's name and a colon."""
    found = re.findall(r"`([\w.-]+)`:\n\n```\w+\n(.*?)^```", text_of(document), re.DOTALL | re.MULTILINE)
    return dict(found)


def command_lines(document: str) -> list[str]:
    """Return the lines of the blocks of shell, in their order."""
    return "".join(blocks(document, "sh")).splitlines()
