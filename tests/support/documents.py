"""Files that the documents show: tests use these very files, so that they work as shown."""

import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def shown_file(document: str, name: str, replaced: Mapping[str, str]) -> str:
    """Return a file that a document shows.

    Args:
        document: its path, such as `docs/many-nodes.md`.
        name: of the file, without its folder; the first line of its block says it as a comment.
        replaced: what is put in the place of addresses and paths; each must be there.
    """
    blocks = re.findall(
        r"^```\w+\n(# \S+/" + re.escape(name) + r"\n.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 1, name
    return with_ours(blocks[0], replaced)


def with_ours(text: str, replaced: Mapping[str, str]) -> str:
    """Return a text of the documents or of a shipped file, for a test.

    Args:
        text: as it stands there.
        replaced: addresses, ports and paths, each of which must be there, and what takes their place.
    """
    for theirs, ours in replaced.items():
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    return text


def shown(document: str, text: str) -> str:
    """Return a command or statement that a document shows, in so many words."""
    assert text in (ROOT / document).read_text(), text
    return text
