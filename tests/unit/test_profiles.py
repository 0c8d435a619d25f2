"""Profiles explain themselves, and every fault of one is named at once."""

import re
import tomllib
from pathlib import Path

import pytest

from crm_oauth.faults import StartupError
from crm_oauth.profiles import Profile, load_profile, profile_names
from crm_oauth.shipped import shipped

SHIPPED = ["7.10.0", "7.10.2", "7.12", "7.14"]
_KEY = re.compile(r"^(\w+) = ", re.MULTILINE)


def _text(name: str) -> str:
    return (shipped("config") / f"{name}.toml").read_text()


def _faults(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(StartupError) as caught:
        load_profile(str(path))
    return sorted(caught.value.faults)


def test_names() -> None:
    """The profiles that ship are those of the documentation; the alias `default` is the second."""
    assert profile_names() == SHIPPED
    assert load_profile("default") == load_profile("7.10.2")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_key_is_explained(name: str) -> None:
    """Above every key stands a comment, save in a table whose own heading has one."""
    lines = _text(name).splitlines()
    bare, explained_table = [], False
    for above, line in zip(["", *lines], lines, strict=False):
        if line.startswith("["):
            explained_table = above.startswith("#")
        elif _KEY.match(line) and not above.startswith("#") and not explained_table:
            bare.append(line)
    assert bare == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_key_is_set(name: str) -> None:
    """A profile that ships leaves no key to a default, so that a copy of it shows all there is."""
    document = tomllib.loads(_text(name))
    assert set(document) == set(Profile.model_fields)
    for section, value in document.items():
        if isinstance(value, dict):
            assert set(value) == set(getattr(load_profile(name), section).__class__.model_fields), section


def test_file(tmp_path: Path) -> None:
    """A copy of a profile loads by its path."""
    path = tmp_path / "copy.toml"
    path.write_text(_text("7.14"))
    assert load_profile(str(path)) == load_profile("7.14")


@pytest.mark.parametrize("name", ["7.10.1", "7.1", "", "no/such.toml", "../config/7.14"])
def test_unknown_name(name: str) -> None:
    """A name that does not exist is told with those that do."""
    with pytest.raises(StartupError) as caught:
        load_profile(name)
    assert all(known in str(caught.value) for known in SHIPPED)


@pytest.mark.parametrize(
    ("found", "replacement", "key"),
    [
        ('grants = ["password", ', 'grnats = ["password", ', "grnats"),
        ('lifetime = "PT1H"', 'lifetime = "1 hour"', "access_token.lifetime"),
        ('lifetime = "PT1H"', "lifetime = 3600", "access_token.lifetime"),
        ('lifetime = "P1M"', 'lifetime = "PT0S"', "refresh_token.lifetime"),
        ('dialect = "league8"', 'dialect = "league 8"', "errors.dialect"),
        ('confidential = "flag"', "confidential = true", "clients.confidential"),
        ('"/Api/access_token"', '"Api/access_token"', "endpoint.paths.0"),
        ('"/Api/access_token"', '"/<tenant>/access_token"', "endpoint.paths.0"),
        ('"/Api/access_token"', '"/Api/access token"', "endpoint.paths.0"),
        ('Access-Control-Allow-Origin = "*"', 'Access-Control-Allow-Origin = "a\\nb"', "endpoint.headers"),
        ("Access-Control-Allow-Origin = ", '"Access Control" = ', "endpoint.headers"),
        ("known = []", 'known = []\nunknwon = "x"', "scopes.unknwon"),
        ("known = []", "known = [1]", "scopes.known.0"),
        ("paths = [", "paths = []\nothers = [", "endpoint.paths"),
        ("grants = [", "grants = []\nothers = [", "grants"),
        ("[refresh_token]", "[refresh_tokens]", "refresh_token"),
    ],
)
def test_bad_key(tmp_path: Path, found: str, replacement: str, key: str) -> None:
    """A key that is unknown, missing or has a bad value is named."""
    text = _text("7.14")
    assert found in text
    assert any(f"key {key}" in fault for fault in _faults(tmp_path / "bad.toml", text.replace(found, replacement, 1)))


def test_all_faults_at_once(tmp_path: Path) -> None:
    """A missing section, an unknown key and a bad duration are told together."""
    text = _text("7.14").replace('"PT1H"', '"soon"').replace("[scopes]", "[scope]").replace("P1M", "P1Q")
    faults = "\n".join(_faults(tmp_path / "bad.toml", text))
    for key in ("access_token.lifetime", "refresh_token.lifetime", "scopes", "scope"):
        assert f"key {key}:" in faults


def test_a_profile_that_does_not_know_of_sharing(tmp_path: Path) -> None:
    """One without that section is taken for the newest SuiteCRM: PHP finds a secret's SHA-256."""
    path = tmp_path / "old.toml"
    path.write_text(_text("7.14").partition("[shared]")[0])
    assert load_profile(str(path)).hash_of_secret(shared=True, chosen=True) == "sha256"


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    """What cannot be read is told with the system's reason."""
    with pytest.raises(StartupError, match="Is a directory"):
        load_profile(str(tmp_path))


def test_a_fault_keeps_its_letters(tmp_path: Path) -> None:
    """What a fault repeats of the file stands as it was written there."""
    changed = _text("7.14").replace('lifetime = "PT1H"', 'lifetime = "1H"')
    [fault] = _faults(tmp_path / "changed.toml", changed)
    assert fault.endswith("key access_token.lifetime: not an ISO 8601 duration: '1H'.")


@pytest.mark.parametrize("content", [b"version = ", b"\xff\xfe", b"a = 1\na = 2"])
def test_no_toml(tmp_path: Path, content: bytes) -> None:
    """A file that is no TOML is refused, by its name."""
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(StartupError, match=r"bad\.toml"):
        load_profile(str(path))
