"""Scopes are split and checked as league does."""

import pytest

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.scopes import check_scopes

KNOWN = ("standard:create", "standard:read")


@pytest.mark.parametrize(
    ("requested", "scopes"),
    [
        ("", ()),
        (" \t\r\n\0\x0b", ()),
        ("0", ()),
        ("standard:read", ("standard:read",)),
        ("  standard:read   standard:create ", ("standard:read", "standard:create")),
        ("standard:read 0 standard:read", ("standard:read",)),
    ],
)
def test_split(requested: str, scopes: tuple[str, ...]) -> None:
    """Scopes are split and trimmed as by PHP, one that PHP calls empty is dropped, and each is there once."""
    assert check_scopes(requested, KNOWN) == scopes


@pytest.mark.parametrize(
    ("requested", "refused"),
    [
        ("standard:delete", "standard:delete"),
        ("standard:read foo bar", "foo"),
        ("Standard:Read", "Standard:Read"),
        ("standard:read\tstandard:create", "standard:read\tstandard:create"),
        ("standard:read,standard:create", "standard:read,standard:create"),
    ],
)
def test_unknown(requested: str, refused: str) -> None:
    """The first scope that is not known is named."""
    with pytest.raises(OAuthFault) as caught:
        check_scopes(requested, KNOWN)
    assert caught.value.fault.about == refused


@pytest.mark.parametrize("requested", ["", " ", "0"])
def test_refresh_without_scope(requested: str) -> None:
    """A refresh that asks for nothing keeps what was granted."""
    assert check_scopes(requested, KNOWN, KNOWN) == KNOWN


def test_refresh_narrows_but_does_not_widen() -> None:
    """A refresh may ask for less than was granted, not for more (RFC 6749 section 6)."""
    assert check_scopes("standard:read", KNOWN, KNOWN) == ("standard:read",)
    with pytest.raises(OAuthFault):
        check_scopes("standard:create", KNOWN, ("standard:read",))
    with pytest.raises(OAuthFault):
        check_scopes("standard:create", KNOWN, ())
