"""`crm-oauth profile`."""

from pathlib import Path

import pytest

from crm_oauth.shipped import shipped
from tests.cli.conftest import Installation


def test_the_profiles_that_ship_are_listed(empty: Installation) -> None:
    """`list` tells each profile and its grants, without any setup."""
    listed = {row["name"]: row["grants"] for row in empty.records("profile", "list")}
    assert listed["7.10.0"] == ["password", "refresh_token"]
    assert listed.keys() == {"7.10.0", "7.10.2", "7.12", "7.14"}


def test_a_profile_is_shown_with_its_grants(empty: Installation) -> None:
    """`show` tells where each grant comes from, and every key."""
    shown = empty.records("profile", "show", "7.14")
    assert shown["providers"][0] == {
        "grant": "password",
        "class": "grants.password:PasswordGrant",
        "distribution": "crm-oauth",
        "version": shown["providers"][0]["version"],
    }
    assert shown["errors"]["dialect"] == "league8"
    text = empty.told("profile", "show", "7.14")
    assert "grants.refresh_token:RefreshTokenGrant" in text
    assert "access_token.lifetime" in text
    assert "endpoint.headers.Access-Control-Allow-Origin" in text


def test_the_profile_in_use_is_shown(empty: Installation) -> None:
    """Without a name `show` shows the profile of the settings."""
    assert "7.12" in empty.run("profile", "show", PROFILE="7.12").stdout


@pytest.mark.parametrize("path", sorted(shipped("config").glob("*.toml")), ids=lambda path: path.stem)
def test_what_ships_is_good(empty: Installation, path: Path) -> None:
    """`check` passes each file that ships."""
    assert "good" in empty.told("profile", "check", str(path))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"refresh_token"]', '"magic"]', "'magic'"),
        ('dialect = "', 'dialect = "x', "errors.dialect"),
        ("stands_for", "stand_for", "stand_for"),
        ("grants = [", "grants = ", "cannot be read"),
    ],
)
def test_a_bad_profile_is_told(empty: Installation, old: str, new: str, complaint: str) -> None:
    """`check` fails for a grant that is not installed, a bad value, a bad key, and what is no TOML."""
    text = (shipped("config") / "7.10.2.toml").read_text()
    (empty.folder / "mine.toml").write_text(text.replace(old, new, 1))
    assert complaint in empty.refusal("profile", "check", "mine.toml")


def test_an_unknown_profile_is_told(empty: Installation) -> None:
    """A name that does not ship is a fault of `show` and of `check`."""
    for command in ("show", "check"):
        assert "'nonsense'" in empty.refusal("profile", command, "nonsense")
