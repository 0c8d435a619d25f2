"""A server whose tables cannot hold an emoji, as those of an old SuiteCRM: at the wire, in the panel, in the shell."""

import html
from collections.abc import Iterator

import pytest
import requests
from sqlalchemy import text

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.store.models import Client
from tests.admin.people import ADMIN_ID, PASSWORD, add_people
from tests.admin.probe.visitor import Visitor
from tests.support.database_servers import DatabaseServer
from tests.support.site import Site

ROCKET = "\U0001f680"
CLIENT = {"client_id": "client", "client_secret": "secret"}
REFUSAL = "The database cannot hold a character of this name"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, mariadb_server: DatabaseServer) -> Iterator[Site]:
    """Run a server with people and a client."""
    url = mariadb_server.new_database()
    mariadb_server.give_schema(url)
    site = Site(tmp_path_factory.mktemp("narrow"), "7.12", url)
    with site.database.connection() as connection:
        for table in ("oauth2clients", "oauth2tokens", "users"):
            connection.execute(text(f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8"))
    secret = hash_client_secret("secret", "sha256")
    site.fill(add_people)
    site.fill(lambda stores: stores.clients.add(Client(id="client", name="Shop", secret=secret)))
    with site:
        yield site
    site.database.dispose()
    mariadb_server.drop_database(url)


@pytest.fixture
def admin(site: Site) -> Iterator[Visitor]:
    """An administrator who has signed in."""
    with Visitor(site) as visitor:
        assert visitor.sign_in().status_code == 303
        yield visitor


def _refused(site: Site, **parameters: str) -> tuple[int, object]:
    body = {"grant_type": "password", **CLIENT, "username": "nobody", "password": "x", **parameters}
    answer = requests.post(f"{site.url}/Api/access_token", json=body, timeout=30)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("parameter", ["client_id", "username"])
def test_a_token_request_is_refused_like_any_unknown_name(site: Site, parameter: str) -> None:
    """A client's id and a user's name that no row can have are answered as ones that no row has: 401."""
    refused = _refused(site, **{parameter: ROCKET})
    assert refused == _refused(site, **{parameter: "nobody"})
    assert refused[0] == 401


def test_a_sign_in_is_refused_like_any_unknown_name(site: Site) -> None:
    """The panel tells nobody that a name cannot be in its table."""
    with Visitor(site) as visitor:
        statuses = {visitor.sign_in(name, PASSWORD).status_code for name in (ROCKET, "nobody")}
    assert len(statuses) == 1
    assert statuses <= {401, 422}


def test_searches_in_the_panel_find_nothing(admin: Visitor) -> None:
    """Every search for such a name shows an empty list, and an address with it is one where no client is."""
    for path in ("clients?name=", "user-names?user_name=", "client-names?client=", "tokens?user=", "tokens?client="):
        assert admin.ask("GET", f"/admin/{path}{ROCKET}").status_code == 200, path
    assert admin.ask("GET", f"/admin/audit?user={ROCKET}").status_code == 200
    assert admin.ask("GET", f"/admin/clients/{ROCKET}").status_code == 404


@pytest.mark.parametrize("path", ["new/password", "client/edit"])
def test_a_form_comes_back_with_what_was_typed(admin: Visitor, site: Site, path: str) -> None:
    """A name that the table cannot hold is told beside its field, nothing is saved, and the form keeps the input."""
    page = admin.ask("GET", f"/admin/clients/{path}").text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    form = {"csrf_token": admin.csrf(), "name": f"Launch {ROCKET}", "seen": seen, "is_confidential": "on"}
    answer = admin.ask("POST", f"/admin/clients/{path}", data=form)
    assert answer.status_code == 422
    assert REFUSAL in html.unescape(answer.text)
    assert f'value="Launch {ROCKET}"' in answer.text
    with site.database.unit_of_work() as stores:
        assert [client.name for client in stores.clients.list()] == ["Shop"]


def test_the_command_line_says_it_in_a_sentence(site: Site) -> None:
    """Names to be written are refused in one line; look-ups tell that there is no such user or client."""
    for arguments in (
        ("clients", "add", "--grant", "password", "--name", ROCKET),
        ("clients", "edit", "client", "--name", ROCKET),
        ("users", "add", ROCKET, "--password-stdin"),
    ):
        ended = site.command(*arguments, stdin="long enough password\n")
        assert (ended.returncode, ended.stdout) == (1, ""), arguments
        [line] = ended.stderr.splitlines()
        assert line.startswith("The database cannot hold this text: ")
    for kind in ("user", "client"):
        unknown = site.command("tokens", "revoke", f"--{kind}", ROCKET)
        assert (unknown.returncode, unknown.stderr) == (1, f"Error: There is no {kind} {ROCKET!r}.\n")
    with site.database.unit_of_work() as stores:
        assert stores.users.get(ADMIN_ID)
