"""Users sign in with the directory's password over real HTTP, and while it is away only they cannot."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.oauth.protector import ResourceProtector
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.ldap.conftest import BY_NAME, BY_SEARCH
from tests.support.ldap_server import SEARCHER_PASSWORD, LdapServer, password_of
from tests.support.site import Site
from tests.wire.exchange import TOKEN_PATH, Received, post_json, send
from tests.wire.sessions import present

_LOCAL = "a password of the row's own"

_CLIENTS = {"password": "pw-client", "client_credentials": "cc-client"}
_USERS: dict[str, dict[str, object]] = {
    "joe": {"external_auth_only": True},
    "O'Brien, (Pat)*": {},
    "josé": {"status": "Inactive"},
    "twin": {"deleted": True},
    "local": {},
}


def _fill(stores: Repositories) -> None:
    for grant, client_id in _CLIENTS.items():
        secret = hash_client_secret("secret", "sha256")
        user_id = "joe" if grant == "client_credentials" else None
        stores.clients.add(Client(id=client_id, secret=secret, allowed_grant_type=grant, assigned_user_id=user_id))
    for name, columns in _USERS.items():
        hashed = hash_user_password(_LOCAL, rounds=4)
        stores.users.add(User(**{"id": name, "user_name": name, "user_hash": hashed, "status": "Active", **columns}))


def _site(folder: Path, ldap_server: LdapServer, way: dict[str, str]) -> Site:
    settings = {"USER_STORE": "ldap", "LDAP_URL": ldap_server.url, "LDAP_CA_FILE": str(ldap_server.ca_file)}
    site = Site(folder, "7.12", settings=settings | {name.upper(): value for name, value in way.items()})
    site.fill(_fill)
    return site


@pytest.fixture(scope="module", params=[BY_NAME, BY_SEARCH], ids=["by name", "by search"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, ldap_server: LdapServer
) -> Iterator[Site]:
    """A server that asks the directory."""
    with _site(tmp_path_factory.mktemp("site"), ldap_server, request.param) as site:
        yield site


def _ask(site: Site, grant: str, **parameters: str) -> Received:
    client = {"client_id": _CLIENTS.get(grant, "pw-client"), "client_secret": "secret"}
    return post_json(site.url, TOKEN_PATH, {"grant_type": grant, **client, **parameters})


def _sign_in(site: Site, name: str, password: str) -> Received:
    return _ask(site, "password", username=name, password=password)


def _verify(site: Site, answer: Received) -> int:
    return present(site, "GET", "/oauth/verify", str(answer.document["access_token"])).status


def _doctor(site: Site) -> str:
    findings = json.loads(site.command("doctor", "--json").stdout)
    [result] = [finding["result"] for finding in findings if finding["check"] == "directory"]
    return str(result)


@pytest.mark.parametrize("name", ["joe", "JOE", "O'Brien, (Pat)*"])
def test_signing_in(site: Site, name: str) -> None:
    """Whom the directory knows gets a session, also where SuiteCRM wants them authenticated outside."""
    answer = _sign_in(site, name, password_of("joe" if name == "JOE" else name))
    assert answer.status == 200
    assert _verify(site, answer) == 204
    refreshed = _ask(site, "refresh_token", refresh_token=answer.document["refresh_token"])
    assert refreshed.status == 200
    assert _verify(site, refreshed) == 204


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("joe", "wrong"),
        ("joe", _LOCAL),
        ("local", _LOCAL),
        ("local", password_of("joe")),
        ("josé", password_of("josé")),
        ("twin", password_of("twin")),
        ("nobody", password_of("joe")),
        ("joe)(uid=*", password_of("joe")),
        ("*", password_of("joe")),
    ],
)
def test_one_answer_to_all_others(site: Site, name: str, password: str) -> None:
    """Wrong passwords, hashes in rows, and users whom either side does not know or bars: one answer, no reason."""
    wrong = _sign_in(site, "joe", "another wrong one")
    refused = _sign_in(site, name, password)
    assert refused.status == wrong.status == 401
    assert refused.body == wrong.body


def test_an_empty_password(site: Site) -> None:
    """A server that grants a session to a name without a password opens nothing here."""
    assert _sign_in(site, "joe", "").body == _sign_in(site, "joe", "wrong").body


def test_machines(site: Site) -> None:
    """A client acts for a user who is authenticated outside."""
    answer = _ask(site, "client_credentials")
    assert answer.status == 200
    assert _verify(site, answer) == 204


def test_a_protected_view_agrees(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application beside the server lets in whom the directory has authenticated, as the server does."""
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(site.folder)
    application = Flask(__name__)
    application.get("/")(ResourceProtector()()(lambda: "in"))
    token = _sign_in(site, "joe", password_of("joe")).document["access_token"]
    assert application.test_client().get("/", headers={"Authorization": f"Bearer {token}"}).text == "in"


def test_the_commands_agree(site: Site) -> None:
    """The list of users tells who may authenticate with the directory's help, and doctor that it is there."""
    users = {
        user["user_name"]: user["may_authenticate"]
        for user in json.loads(site.command("users", "list", "--json").stdout)
    }
    assert users == {"joe": True, "josé": False, "O'Brien, (Pat)*": True, "local": True}
    assert _doctor(site) == "ok"


def test_the_log_keeps_passwords_to_itself(site: Site) -> None:
    """No password of anybody stands in the log, right or wrong."""
    _sign_in(site, "joe", password_of("joe"))
    _sign_in(site, "joe", "zq-wrong")
    assert not [text for text in (password_of("joe"), "zq-wrong", SEARCHER_PASSWORD, _LOCAL) if text in site.log]


def test_while_the_directory_is_away(tmp_path: Path, ldap_server: LdapServer) -> None:
    """Passwords get a 503 with Retry-After, whoever they are of; sessions and machines go on."""
    with _site(tmp_path, ldap_server, BY_SEARCH) as site:
        session = _sign_in(site, "joe", password_of("joe"))
        ldap_server.stop()
        try:
            for name in ("joe", "josé", "nobody"):
                answer = _sign_in(site, name, password_of("joe"))
                assert answer.status == 503
                assert int(answer.headers["retry-after"]) > 0
                assert answer.document["error"] == "temporarily_unavailable"
                assert "ldap" not in answer.body.lower()
            assert _ask(site, "refresh_token", refresh_token=session.document["refresh_token"]).status == 200
            assert _ask(site, "client_credentials").status == 200
            assert send(site.url, "GET", "/readyz", {}, None).status == 200
            assert _doctor(site) == "warning"
        finally:
            ldap_server.start()
        assert _sign_in(site, "joe", password_of("joe")).status == 200
    assert "directory unavailable" in site.log
    assert password_of("joe") not in site.log


def test_settings_that_do_not_suffice_are_a_fault(tmp_path: Path, ldap_server: LdapServer) -> None:
    """The doctor tells what is missing, and the server does not start."""
    site = _site(tmp_path, ldap_server, {})
    assert _doctor(site) == "fault"
    assert "CRM_OAUTH_LDAP_USER_DN" in site.command("serve").stderr
    site.database.dispose()


def test_openldap_cannot_be_told_to_trust_strangers(tmp_path: Path, ldap_server: LdapServer) -> None:
    """What OpenLDAP's own variables say of certificates does not count."""
    site = _site(tmp_path, ldap_server, BY_NAME | {"ldap_ca_file": str(ldap_server.foreign_ca_file)})
    site.environment["LDAPTLS_REQCERT"] = "never"
    assert _doctor(site) == "warning"
    site.database.dispose()
