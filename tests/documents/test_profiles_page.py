"""docs/profiles.md: its commands run in their order, and say what it shows."""

from pathlib import Path

import pytest

from tests.documents.reading import ROOT, blocks, command_lines
from tests.documents.shell import run
from tests.support.site import Site

PAGE = "docs/profiles.md"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Settings and a folder."""
    return Site(tmp_path, "default")


def test_the_commands_make_a_good_profile(site: Site) -> None:
    """Each command ends well; the last one shows the copy with its change."""
    told = {command: run(site, command) for command in command_lines(PAGE)}
    assert told["crm-oauth profile check mine.toml"] == "mine.toml is good.\n"
    *_, changed = told.values()
    assert "PT15M" in changed


def test_a_bad_key_is_told_as_shown(site: Site) -> None:
    """A copy with a bad dialect is refused in the very words of the page."""
    [shown] = blocks(PAGE, "")
    text = (ROOT / "config" / "7.14.toml").read_text()
    (site.folder / "mine.toml").write_text(text.replace('dialect = "league8"', 'dialect = "league9"'))
    assert run(site, "crm-oauth profile check mine.toml", status=1) == shown
