"""What is revoked is dead at once: on every worker, whoever revoked it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.cli.conftest import Installation
from tests.support.site import ENCRYPTION_KEY, Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.differences import revoked
from tests.wire.exchange import assert_as_expected
from tests.wire.sessions import CC_CLIENT, Pair, machine_token, pair_of, passes, redeem, revoke, sign_in

_ROUNDS = 200
_LOOKS = 4

JOES_CLIENT = {"client_id": "joes-client", "client_secret": "pw-secret"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of three workers, each with its own memory."""
    site = Site(tmp_path_factory.mktemp("site"), "7.10.2", settings={"WORKERS": "3", "THREADS": "2"})
    site.fill(fill_as_recorded)
    with site:
        yield site


def test_dead_on_every_worker(site: Site) -> None:
    """Of 200 tokens none passes any worker once its revocation has been answered."""
    with ThreadPoolExecutor(_LOOKS) as threads:
        for _ in range(_ROUNDS):
            token = machine_token(site)
            looks = [threads.submit(passes, site, token) for _ in range(_LOOKS)]
            assert all(look.result() for look in looks)
            assert revoke(site, token, CC_CLIENT).status == 200
            looks = [threads.submit(passes, site, token) for _ in range(_LOOKS)]
            assert not any(look.result() for look in looks)


def _add_joe(stores: Repositories) -> None:
    user = User(id="joe", user_name="joe", user_hash=hash_user_password("pw", rounds=4), status="Active")
    stores.users.add(user)
    known = stores.clients.get("pw-client")
    assert known is not None
    stores.clients.add(Client(id=JOES_CLIENT["client_id"], secret=known.secret, allowed_grant_type="password"))


def _run(site: Site, *command: str) -> str:
    settings = {"DATABASE_URL": site.database_url, "ENCRYPTION_KEY": ENCRYPTION_KEY}
    ended = Installation(site.folder).run(*command, stdin="new password\n", **settings)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _row_of(site: Site, pair: Pair) -> str:
    listed = json.loads(_run(site, "tokens", "list", "--user", "joe", "--active", "--json"))
    assert len(listed) == 1, f"one row and no other is active: {pair.jti}"
    return str(listed[0]["id"])


COMMANDS: dict[str, Callable[[Site, Pair], tuple[str, ...]]] = {
    "row": lambda site, pair: ("tokens", "revoke", "--id", _row_of(site, pair)),
    "jti": lambda _site, pair: ("tokens", "revoke", "--jti", pair.jti),
    "client": lambda _site, _pair: ("tokens", "revoke", "--client", JOES_CLIENT["client_id"]),
    "user": lambda _site, _pair: ("tokens", "revoke", "--user", "joe"),
    "all": lambda _site, _pair: ("tokens", "revoke", "--all"),
    "password": lambda _site, _pair: ("users", "passwd", "joe", "--password-stdin"),
    "inactive user": lambda _site, _pair: ("users", "deactivate", "joe"),
    "deleted client": lambda _site, _pair: ("clients", "delete", JOES_CLIENT["client_id"], "--yes"),
}


def test_commands(tmp_path: Path) -> None:
    """Whatever an operator does, both tokens of a session that was refreshed are dead right after."""
    site = Site(tmp_path, "7.10.2", settings={"REFRESH_GRACE": "60", "WORKERS": "2"})
    site.fill(fill_as_recorded)
    site.fill(_add_joe)
    password = "pw"
    with site:
        for name, command in COMMANDS.items():
            first = sign_in(site, JOES_CLIENT, username="joe", password=password)
            second = pair_of(redeem(site, first.refresh_token, JOES_CLIENT))
            assert passes(site, second.access_token)
            _run(site, *command(site, second))
            assert not passes(site, second.access_token), name
            for pair in (first, second):
                answer = redeem(site, pair.refresh_token, JOES_CLIENT)
                if name == "deleted client":
                    assert answer.status == 401
                else:
                    assert_as_expected(answer, revoked("7.10.2"))
            if name == "password":
                password = "new password"
            if name == "inactive user":
                _run(site, "users", "activate", "joe")
                assert not passes(site, second.access_token), "who is let in again must sign in again"


def test_signing_in_again(site: Site) -> None:
    """After a revocation the user signs in as before."""
    first = sign_in(site)
    revoke(site, first.access_token)
    assert passes(site, sign_in(site).access_token)
