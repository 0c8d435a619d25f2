"""Text that one of SuiteCRM's tables cannot hold, in look-ups and in what is written."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text, update

from crm_oauth.store.db import Database, DatabaseUnavailable, UnfitTextError
from crm_oauth.store.models import Client, User
from crm_oauth.store.name_search import find_clients, find_users, ids_of_users
from crm_oauth.store.ports import Repositories, TokenFilter
from crm_oauth.store.sharing import Sharing
from tests.suitecrm.shared.conftest import LATER
from tests.suitecrm.site_database import SiteDatabase
from tests.suitecrm.site_rows import NOW, add_client, add_token, add_user

ROCKET = "\U0001f680"
NARROW = {
    "oauth2clients": ("utf8", ROCKET, "Müller 山"),
    "oauth2tokens": ("utf8", ROCKET, "Müller 山"),
    "users": ("latin1", "山", "Müller"),
}
"""Character sets of tables in a database of utf8mb4, what they cannot hold and what they can."""

pytestmark = pytest.mark.parametrize("crm", LATER[1:], indirect=True)


@pytest.fixture(params=NARROW)
def unfit(request: pytest.FixtureRequest, crm: SiteDatabase) -> str:
    """Rows in tables of which one is narrow; the text that it cannot hold."""
    charset, unfit, name = NARROW[request.param]
    crm.execute(f"ALTER TABLE {request.param} CONVERT TO CHARACTER SET {charset}")
    add_client(crm, "client", name=name)
    add_client(crm, "question", name="Ready?")
    add_user(crm, "user", user_name=name)
    add_user(crm, "question", user_name="?", first_name="?")
    add_token(crm, "session", assigned_user_id="user")
    return unfit


@pytest.fixture
def writable(crm: SiteDatabase, shared: Database) -> Iterator[Database]:
    """The adopted database with leave to change users."""
    assert shared
    database = Database(crm.url, sharing=Sharing(may_write_users=True))
    yield database
    database.dispose()


def test_it_finds_nothing(unfit: str, shared: Database) -> None:
    """No look-up and no search finds a row by text that its table cannot hold, and none fails or finds a `?`."""
    with shared.work() as unit:
        stores = shared.stores(unit)
        assert stores.clients.get(unfit) is None
        assert stores.clients.get_with_user(unfit) is None
        assert stores.users.get(unfit) is None
        for name in (unfit, f"J{unfit}"):  # three spellings are looked for where there is case
            assert stores.users.find_by_name(name) is None
        assert stores.tokens.find_session(unfit) is None
        assert stores.tokens.find_refreshable(unfit) is None
        for which in (TokenFilter(client_id=unfit), TokenFilter(user_id=unfit), TokenFilter(access_token=unfit)):
            assert stores.tokens.list(which) == []
            assert stores.tokens.revoke(which, now=NOW) == 0
        assert find_clients(unit.session, unfit) == []
        assert find_users(unit.session, unfit) == []
        assert ids_of_users(unit.session, unfit) == []


def test_what_fits_is_found_in_the_same_statement(unfit: str, shared: Database) -> None:
    """Beside an id that no row can have, another one is found."""
    with shared.work() as unit:
        for model, there in ((Client, "client"), (User, "user")):
            assert unit.session.scalars(select(model.id).where(model.id.in_([unfit, there]))).all() == [there]
        assert [client.id for client in find_clients(unit.session, "MÜLLER")] == ["client"]
        assert [user.id for user in find_users(unit.session, "MÜLL")] == ["user"]


@pytest.mark.parametrize("unfit", ["users"], indirect=True)
def test_what_is_written_stays_as_it_is(unfit: str, writable: Database) -> None:
    """Where a statement both looks for text that does not fit and writes text that does, the latter is written."""
    with writable.work() as unit:
        assert unit.write(update(User).where(User.id.in_([unfit, "user"])).values(first_name="Jörg")) == 1
    with writable.unit_of_work() as stores:
        user = stores.users.get("user")
    assert user
    assert user.first_name == "Jörg"


@pytest.mark.parametrize("unfit", ["oauth2clients"], indirect=True)
def test_it_is_not_written(unfit: str, shared: Database) -> None:
    """A name that the table cannot hold is refused as such, never stored as something else."""

    def add(stores: Repositories) -> None:
        stores.clients.add(Client(id="new", name=unfit))

    def change(stores: Repositories) -> None:
        client = stores.clients.get("client")
        assert client
        client.name = unfit

    for work in (add, change):
        with pytest.raises(UnfitTextError, match="name"), shared.unit_of_work() as stores:
            work(stores)
    with shared.unit_of_work() as stores:
        assert sorted(client.name or "" for client in stores.clients.list()) == ["Müller 山", "Ready?"]


@pytest.mark.parametrize("unfit", ["users"], indirect=True)
def test_columns_that_do_not_go_together_are_a_fault(unfit: str, shared: Database) -> None:
    """A comparison that is refused whatever the text is never passes for one that finds nothing."""
    assert unfit
    joined = "SELECT 1 FROM oauth2tokens t JOIN users u ON u.id = t.assigned_user_id WHERE u.id = :id"
    with shared.work() as unit:
        unit.connection.execute(text("ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"))
    with pytest.raises(DatabaseUnavailable, match="collations"), shared.work() as unit:
        unit.connection.execute(text(joined), {"id": "user"})
