"""`crm-oauth tokens revoke` where there are more tokens than one transaction should change."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from unittest.mock import patch

import pytest
from sqlalchemy import ColumnElement, null
from sqlalchemy.orm import Session

from crm_oauth.store.bulk_revocation import revoke_rows
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.mass_revocation import MassRevocation
from crm_oauth.store.models import Client, Token
from tests.cli.conftest import Installation

BATCH, NUMBER = 2, 7


@pytest.fixture(autouse=True)
def _small_batches() -> Iterator[None]:
    with patch("crm_oauth.cli.revocation.MassRevocation", partial(MassRevocation, batch=BATCH)):
        yield


@pytest.fixture
def many(ready: Installation, upgraded_url: str) -> Installation:
    """An installation whose settings name a database of each kind, with seven tokens of a client."""
    database = Database(upgraded_url)
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="c"))
        for number in range(NUMBER):
            stores.tokens.add(
                Token(id=f"{number}", client="c", date_entered=null() if number % 2 else datetime.now(UTC))
            )
    database.dispose()
    with (ready.folder / ".env").open("a") as settings:
        settings.write(f"\nCRM_OAUTH_DATABASE_URL={upgraded_url}\n")
    return ready


def acts(installation: Installation) -> list[tuple[str, str, str]]:
    """Return what the trail tells."""
    entries = map(json.loads, installation.told("audit", "export").splitlines())
    return [(entry["event"], entry["client_id"], entry["detail"]) for entry in entries]


def unrevoked(installation: Installation) -> int:
    """Count the tokens that are not revoked."""
    return sum(not row["revoked"] for row in installation.records("tokens", "list"))


@pytest.mark.parametrize(
    ("selection", "what", "client"), [(["--all"], "all", ""), (["--client", "c"], "of client or user", "c")]
)
def test_the_trail_tells_beginning_and_end(many: Installation, selection: list[str], what: str, client: str) -> None:
    """All are revoked in short transactions; the number is told, and stands in the entry that notes the end."""
    assert many.told("tokens", "revoke", *selection) == f"Tokens revoked: {NUMBER}.\n"
    assert unrevoked(many) == 0
    assert acts(many) == [
        ("tokens_revoked", client, f"{what}; begun"),
        ("tokens_revoked", client, f"{what}; sessions revoked: {NUMBER}"),
    ]


def test_what_was_done_before_a_failure_is_noted(many: Installation) -> None:
    """A database that fails in between is told; the trail has the number so far, and another run does the rest."""
    done: list[int] = []

    def fail_at_last(session: Session, wanted: Sequence[ColumnElement[bool]], now: datetime) -> int:
        if len(done) == 2:
            raise DatabaseUnavailable("away")
        done.append(revoke_rows(session, wanted, now))
        return done[-1]

    with patch("crm_oauth.store.mass_revocation.revoke_rows", fail_at_last):
        assert "away" in many.refusal("tokens", "revoke", "--all")
    assert unrevoked(many) == NUMBER - 2 * BATCH
    assert acts(many)[-1] == ("tokens_revoked", "", f"all; sessions revoked so far: {2 * BATCH}")
    assert many.told("tokens", "revoke", "--all") == f"Tokens revoked: {NUMBER - 2 * BATCH}.\n"


def test_one_session_is_one_act(many: Installation) -> None:
    """However many tokens there are, one that is named is revoked at once, and noted once."""
    many.told("tokens", "revoke", "--id", "3")
    assert acts(many) == [("tokens_revoked", "", "id: 3; sessions revoked: 1")]
