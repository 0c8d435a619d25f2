"""Clients that proved their secret are remembered: no slow hash is computed again, no row is trusted blindly."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.oauth.client_auth import ClientAuthenticator, PresentedClient
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import Parameters, WireRequest
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with one client, whose secret `a"b` is hashed as the panel escaped it."""
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    schema.upgrade(database)
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="client", secret=hash_client_secret("a&quot;b", "bcrypt", rounds=4)))
    yield database
    database.dispose()


@pytest.fixture
def authenticator() -> ClientAuthenticator:
    """One without memories."""
    return ClientAuthenticator()


def present(
    authenticator: ClientAuthenticator, database: Database, secret: str, *, basic: bool = False
) -> PresentedClient:
    """Present the client in a unit of work of its own, by the body or by HTTP Basic."""
    token = base64.b64encode(f"client:{secret}".encode()).decode()
    headers = [("Authorization", f"Basic {token}")] if basic else []
    pairs = [] if basic else [("client_id", "client"), ("client_secret", secret)]
    request = Request(EnvironBuilder(method="POST", headers=headers).get_environ())
    with database.unit_of_work() as stores:
        return authenticator.present(stores.clients, WireRequest(request, Parameters(pairs)))


def change_secret(database: Database, stored: str) -> None:
    """Put another hash into the client's row."""
    with database.connection() as connection:
        connection.execute(update(Client).values(secret=stored))


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "body"])
def test_a_proof_is_computed_once(
    authenticator: ClientAuthenticator, database: Database, bcrypt_work: list[int], *, basic: bool
) -> None:
    """A secret that fitted a slow hash, escaped or not, fits it again without any bcrypt, however it is sent."""
    assert present(authenticator, database, 'a"b').proved
    assert bcrypt_work
    bcrypt_work.clear()
    again = present(authenticator, database, 'a"b', basic=basic)
    assert (again.proved, again.recalled, bcrypt_work) == (True, True, [])


def test_another_secret_is_never_recalled(
    authenticator: ClientAuthenticator, database: Database, bcrypt_work: list[int]
) -> None:
    """A wrong secret after a right one is checked in full, and proves nothing."""
    assert present(authenticator, database, 'a"b').proved
    bcrypt_work.clear()
    wrong = present(authenticator, database, "a")
    assert (wrong.proved, wrong.recalled) == (False, False)
    assert sum(bcrypt_work) >= 2**10
    assert present(authenticator, database, 'a"b').recalled


def test_a_failure_is_not_remembered(authenticator: ClientAuthenticator, database: Database) -> None:
    """A secret that did not fit is checked against the row of the next request."""
    for _ in range(2):
        assert not present(authenticator, database, "new").proved
    change_secret(database, hash_client_secret("new", "sha256"))
    assert present(authenticator, database, "new").proved


def test_a_forgotten_client_is_read(authenticator: ClientAuthenticator, database: Database) -> None:
    """Once forgotten, a client is read and its secret checked anew."""
    assert present(authenticator, database, 'a"b').proved
    change_secret(database, hash_client_secret("new", "sha256"))
    assert present(authenticator, database, 'a"b').recalled, "it is for its user to find out"
    authenticator.forget("client")
    assert not present(authenticator, database, 'a"b').proved


def test_an_unknown_client_is_refused(authenticator: ClientAuthenticator, database: Database) -> None:
    """A client that was deleted is unknown once it is forgotten."""
    assert present(authenticator, database, 'a"b').proved
    with database.connection() as connection:
        connection.execute(update(Client).values(deleted=True))
    authenticator.forget("client")
    with pytest.raises(OAuthFault):
        present(authenticator, database, 'a"b')
