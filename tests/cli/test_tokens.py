"""`crm-oauth tokens`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.store.models import Client, Token
from tests.cli.conftest import Installation

NOW = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def with_tokens(with_user: Installation) -> Installation:
    """Five pairs: two clients, one of joe's, one revoked, one expired 10 and one 40 days ago."""
    with with_user.stores() as stores:
        rows: dict[str, dict[str, object]] = {
            "joes": {"assigned_user_id": "user-joe"},
            "other": {"client": "client-2"},
            "revoked": {"token_is_revoked": True},
            "stale": {"access_token_expires": NOW - 10 * DAY, "refresh_token_expires": NOW - 10 * DAY},
            "old": {"access_token_expires": NOW - 40 * DAY, "refresh_token_expires": None},
        }
        for name, changes in rows.items():
            columns = {
                "client": "client-1",
                "access_token_expires": NOW + HOUR,
                "refresh_token_expires": NOW + DAY,
                **changes,
            }
            stores.tokens.add(
                Token(id=name, access_token=f"jti-{name}", refresh_token=f"refresh-{name}", date_entered=NOW, **columns)
            )
    return with_user


def _listed(installation: Installation, *selection: str) -> set[str]:
    return {row["id"] for row in installation.records("tokens", "list", *selection)}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ([], {"joes", "other", "revoked", "stale", "old"}),
        (["--client", "client-2"], {"other"}),
        (["--user", "JOE"], {"joes"}),
        (["--active"], {"joes", "other"}),
        (["--active", "--client", "client-1"], {"joes"}),
    ],
)
def test_tokens_are_selected(with_tokens: Installation, selection: Sequence[str], expected: set[str]) -> None:
    """`list` shows the rows for which every option holds."""
    assert _listed(with_tokens, *selection) == expected


def test_no_token_is_shown(with_tokens: Installation) -> None:
    """`list` tells ids and times in UTC, never what identifies a token."""
    record = next(row for row in with_tokens.records("tokens", "list") if row["id"] == "joes")
    assert record == {
        "id": "joes",
        "client": "client-1",
        "user": "user-joe",
        "revoked": False,
        "created": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "access_expires": f"{NOW + HOUR:%Y-%m-%dT%H:%M:%SZ}",
        "refresh_expires": f"{NOW + DAY:%Y-%m-%dT%H:%M:%SZ}",
    }
    told = with_tokens.told("tokens", "list")
    assert "joes" in told
    assert "jti-" not in told
    assert "refresh-" not in told


def test_a_long_list_is_whole(ready: Installation) -> None:
    """However many tokens there are, each is listed once."""
    with ready.stores() as stores:
        for number in range(1001):
            stores.tokens.add(Token(id=str(number), client="c", access_token_expires=NOW, date_entered=NOW))
    ids = [row["id"] for row in ready.records("tokens", "list")]
    assert sorted(ids, key=int) == [str(number) for number in range(1001)]


@pytest.mark.parametrize(
    ("selection", "number"),
    [
        (["--id", "joes"], 1),
        (["--jti", "jti-other"], 1),
        (["--client", "client-1"], 3),
        (["--user", "joe"], 1),
        (["--all"], 4),
        (["--id", "revoked"], 0),
        (["--jti", "jti"], 0),
    ],
)
def test_tokens_are_revoked(with_tokens: Installation, selection: Sequence[str], number: int) -> None:
    """`revoke` tells how many it revoked, and just so many are revoked afterwards."""
    assert with_tokens.told("tokens", "revoke", *selection) == f"Tokens revoked: {number}.\n"
    revoked = [row for row in with_tokens.records("tokens", "list") if row["revoked"]]
    assert len(revoked) == number + 1


@pytest.mark.parametrize("selection", [[], ["--all", "--id", "joes"], ["--client", "client-1", "--user", "joe"]])
def test_exactly_one_selector_is_wanted(with_tokens: Installation, selection: Sequence[str]) -> None:
    """None or two selectors are wrong usage and revoke nothing."""
    with_tokens.refusal("tokens", "revoke", *selection, status=2)
    assert _listed(with_tokens, "--active") == {"joes", "other"}


def test_a_selector_that_names_nobody_revokes_nothing(with_tokens: Installation) -> None:
    """An unknown user or client is a fault and leaves no entry; an empty selector is not every token."""
    for command in "revoke", "list":
        assert "no user 'nobody'" in with_tokens.refusal("tokens", command, "--user", "nobody")
        for client in "nobody", "CLIENT-1", "":
            assert f"no client {client!r}" in with_tokens.refusal("tokens", command, "--client", client)
    assert _listed(with_tokens, "--active") == {"joes", "other"}
    assert "tokens_revoked" not in with_tokens.told("audit", "export")


def test_tokens_of_a_deleted_client_are_revoked(with_tokens: Installation) -> None:
    """A client that was deleted, by SuiteCRM with its tokens left alone, is known; so is one that has no token."""
    with with_tokens.stores() as stores:
        stores.clients.add(Client(id="client-1", deleted=True))
        stores.clients.add(Client(id="client-3", deleted=True))
    assert with_tokens.told("tokens", "revoke", "--client", "client-1") == "Tokens revoked: 3.\n"
    assert with_tokens.told("tokens", "revoke", "--client", "client-3") == "Tokens revoked: 0.\n"


@pytest.mark.parametrize(
    ("options", "purged", "left"),
    [
        ([], 1, {"joes", "other", "revoked", "stale"}),
        (["--older-than", "1w"], 2, {"joes", "other", "revoked"}),
        (["--older-than", "0s", "--batch", "1"], 2, {"joes", "other", "revoked"}),
    ],
)
def test_expired_tokens_are_purged(
    with_tokens: Installation, options: Sequence[str], purged: int, left: set[str]
) -> None:
    """`purge` removes, in as many batches as it takes, what expired longer ago than that, and nothing else."""
    assert with_tokens.told("tokens", "purge", *options) == f"Rows purged: {purged}.\n"
    assert _listed(with_tokens) == left


@pytest.mark.parametrize("options", [["--older-than", "soon"], ["--older-than", "30"], ["--batch", "0"]])
def test_purging_wants_an_age_and_a_number(ready: Installation, options: Sequence[str]) -> None:
    """An age without its unit and an empty batch are wrong usage."""
    ready.refusal("tokens", "purge", *options, status=2)
