"""What the documents name is there: commands and their options, settings, targets, files."""

import re
import shlex
import textwrap
from pathlib import Path

import click
import pytest
from click import Context

from crm_oauth.cli.program import main
from crm_oauth.settings import PREFIX, Settings
from tests.documents.reading import ROOT, blocks, prose, text_of
from tests.documents.test_links import PAGES

_IN_A_WHEEL = ("crm_oauth/config", "crm_oauth/migrations")
_SPAN = re.compile(r"`([^`]+)`")


def _commands(page: str, program: str) -> set[str]:
    """Return what a page says to type, in prose and in blocks."""
    lines = "".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    spans = [" ".join(span.split()) for span in _SPAN.findall(prose(page))]
    return {text for text in (*lines, *spans) if text.startswith(f"{program} ")}


def _command(words: list[str]) -> tuple[click.Command, list[str]]:
    """Find the command that words name; return the words that are left."""
    found: click.Command = main
    while words and isinstance(found, click.Group) and words[0] in found.commands:
        found, words = found.commands[words[0]], words[1:]
    return found, words


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    """Each `crm-oauth` command of a page is one, with the options that it is given."""
    for text in _commands(page, "crm-oauth"):
        command, rest = _command(shlex.split(text.partition("|")[0].partition(">")[0])[1:])
        options = {name for parameter in command.get_params(Context(command)) for name in parameter.opts}
        options |= {name for parameter in command.params for name in parameter.secondary_opts}
        unknown = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in options]
        assert unknown == [], text
        assert not isinstance(command, click.Group) or not rest or rest[0].startswith("-"), text


@pytest.mark.parametrize("page", PAGES)
def test_settings_exist(page: str) -> None:
    """Each setting that a page names is one; a family is named by what its members begin with."""
    for name in re.findall(rf"{PREFIX}([A-Z_]+)", text_of(page)):
        known = [field for field in Settings.model_fields if field == name.lower()]
        family = name.endswith("_") and [field for field in Settings.model_fields if field.startswith(name.lower())]
        assert known or family, name


@pytest.mark.parametrize("page", PAGES)
def test_targets_exist(page: str) -> None:
    """Each `make` target of a page is one."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in _commands(page, "make"):
        assert next(word for word in shlex.split(command, comments=True)[1:] if "=" not in word) in targets, command


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_files_exist(page: str) -> None:
    """Each file or folder of this repository that a page names is there."""
    for span in _SPAN.findall(text_of(page)):
        if span not in _IN_A_WHEEL and re.fullmatch(
            r"(config|tests|grants|migrations|bench|docs|crm_oauth)/[\w./-]*", span
        ):
            assert (ROOT / span).exists(), span


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=f"{page}-{number}")
        for page in PAGES
        for number, block in enumerate(blocks(page, "ini"))
        if PREFIX in block  # others are a database's
    ],
)
def test_settings_that_are_shown_are_good(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example of a `.env` is one that the program takes."""
    (tmp_path / ".env").write_text(textwrap.dedent(block))
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    assert Settings.load({})
