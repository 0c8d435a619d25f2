"""Who is unknown or barred costs the directory what a wrong password costs, so that time does not tell them apart."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url

from crm_oauth.store.engine import make_engine
from crm_oauth.store.models import User
from crm_oauth.store.together import Together
from crm_oauth.store.unit_of_work import UnitOfWork
from crm_oauth.store.user_stores import open_directory, user_store
from tests.ldap.conftest import BY_NAME, BY_SEARCH, SettingsMaker
from tests.support.ldap_server import BASE, password_of

# Responses of RFC 4511: success to a bind, no entry to a search, and invalidCredentials to the bind after that.
_WELCOME = [bytes.fromhex("300c02010161070a010004000400")]
_UNKNOWN = [bytes.fromhex("300c02010165070a010004000400"), bytes.fromhex("300c02010261070a013104000400")]


@pytest.fixture
def scripted() -> Iterator[socket.socket]:
    """A directory that says what the test makes it say."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _answer(server: socket.socket, answers: list[bytes]) -> list[bytes]:
    """Serve one connection and return the requests."""
    connection, _ = server.accept()
    requests = []
    with connection:
        for answer in answers:
            requests.append(connection.recv(4096))
            connection.sendall(answer)
        connection.recv(4096)  # its leave, or the connection would be reset
    return requests


def _verify(
    server: socket.socket, settings: SettingsMaker, way: dict[str, str], user_name: str | None, answers: list[bytes]
) -> tuple[bool, list[bytes]]:
    url = f"ldap://127.0.0.1:{server.getsockname()[1]}"
    directory = open_directory(settings(**way, ldap_url=url, ldap_start_tls=False))
    with ThreadPoolExecutor() as threads:
        requests = threads.submit(_answer, server, answers)
        return directory.verify(user_name, "a password"), requests.result()


@pytest.mark.parametrize("user_name", ["joe", None])
def test_nobody_is_asked_about(scripted: socket.socket, settings: SettingsMaker, user_name: str | None) -> None:
    """A password for nobody is tried as well, and counts for nothing even where everybody is let in."""
    accepted, [request] = _verify(scripted, settings, BY_NAME, user_name, _WELCOME)
    assert accepted is (user_name is not None)
    assert b"a password" in request


@pytest.mark.parametrize("user_name", ["nobody", None])
def test_who_is_not_found_fails_at_a_bind(
    scripted: socket.socket, settings: SettingsMaker, user_name: str | None
) -> None:
    """A search that finds nobody is followed by a bind, as one that finds somebody."""
    way = {"ldap_search_base": BASE}
    accepted, [_search, bind] = _verify(scripted, settings, way, user_name, _UNKNOWN)
    assert not accepted
    assert BASE.encode() in bind
    assert b"a password" in bind


@pytest.mark.parametrize(
    ("columns", "accepted"),
    [
        ({"status": "Active"}, True),
        ({"status": "Active", "external_auth_only": True}, True),
        ({"status": "Inactive"}, False),
        ({"status": "Active", "deleted": True}, False),
        ({"status": "Active", "is_group": True}, False),
        ({"status": "Active", "portal_only": True}, False),
        ({}, False),
    ],
)
def test_barred_users(tmp_path: Path, settings: SettingsMaker, columns: dict[str, object], *, accepted: bool) -> None:
    """The right password of a user whom the CRM bars is as wrong as any other."""
    # No row is read: what the store needs is the directory.
    engine = make_engine(make_url(f"sqlite:///{tmp_path / 'unused.db'}"), pool_size=1, statement_timeout=1)
    users = user_store(settings(**BY_SEARCH))(UnitOfWork(engine, Together(one_at_a_time=True)))
    assert users.verify_password(User(user_name="joe", **columns), password_of("joe")) is accepted
    assert not users.verify_password(None, password_of("joe"))
