"""Which of the installed grants a profile may turn on."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint

import pytest

from crm_oauth.faults import StartupError
from crm_oauth.oauth.grant import Authorization, Grant
from crm_oauth.oauth.registry import GROUP, GrantRegistry
from grants.password import PasswordGrant

PASSWORD, REFRESH = "grants.password:PasswordGrant", "grants.refresh_token:RefreshTokenGrant"


class Stranger:
    """Has what a grant has, but not its pipeline."""

    GRANT_TYPE = "stranger"


class Nameless(Grant):
    """Cannot be asked for."""

    def identify(self, given: Mapping[str, str]) -> Authorization:  # noqa: ARG002  # a grant's
        """Find nobody."""
        return Authorization(None)


class Aimless(Grant):
    """Finds nobody out."""

    GRANT_TYPE = "aimless"


def _registry(*entries: tuple[str, str]) -> GrantRegistry:
    return GrantRegistry(EntryPoint(name, value, GROUP) for name, value in entries)


def test_a_package_that_is_found_twice() -> None:
    """One and the same grant on two paths is no rival of itself."""
    assert _registry(("a", PASSWORD), ("b", REFRESH), ("a", PASSWORD)).select(["a"]) == [PasswordGrant]


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([("a", PASSWORD), ("a", REFRESH)], "several packages provide it"),
        ([("a", PASSWORD), ("b", PASSWORD)], "serve the grant_type 'password'"),
        ([("a", f"{__name__}:Stranger")], "is no subclass of Grant"),
        ([("a", f"{__name__}:Nameless")], "is no subclass of Grant"),
        ([("a", f"{__name__}:Aimless")], "is no subclass of Grant"),
        ([("a", f"{__name__}:test_a_package_that_is_found_twice")], "is no subclass of Grant"),
    ],
)
def test_what_cannot_be_turned_on(entries: list[tuple[str, str]], fault: str) -> None:
    """Rivals for one name, two grants of one type, and what is no whole grant are refused."""
    with pytest.raises(StartupError) as refused:
        _registry(*entries).select({name: None for name, _ in entries})
    assert all(fault in told for told in refused.value.faults)
