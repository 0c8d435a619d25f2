"""Whoever follows the documents arrives."""

import re
from pathlib import Path

import pytest

from tests.documents.reading import ROOT, prose, text_of

PAGES = ["README.md", "CHANGELOG.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]
_LINK = re.compile(r"(?:\]\(|(?:src|srcset)=\")(?!https?:)([^)\"\s]+)")


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Each link and picture of a page is a file that exists, and a heading in it."""
    for link in _LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def test_every_page_is_in_the_index() -> None:
    """The index names each page of docs/, so that nobody has to look for one."""
    named = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link in _LINK.findall(text_of("docs/README.md"))}
    pages = {path.resolve() for path in (ROOT / "docs").rglob("*.md")} - {ROOT / "docs" / "README.md"}
    assert sorted(str(page.relative_to(ROOT)) for page in pages - named) == []
