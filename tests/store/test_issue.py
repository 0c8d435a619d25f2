"""A pair is inserted by one statement, if those it stands on are still just as they were read."""

import pytest
from sqlalchemy import delete, update

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import StaleRead, TokenFilter, UnknownOwner
from crm_oauth.store.resource_owner import ResourceOwner
from tests.support.drivers import EVERY_DRIVER
from tests.support.new_tokens import new_token
from tests.support.plans import statements

from .conftest import CLIENT_CHANGES, NOW

pytestmark = EVERY_DRIVER

USER_CHANGES: list[tuple[str, object]] = [
    ("status", "Inactive"),
    ("status", ""),
    ("status", None),
    *((name, value) for name in ("portal_only", "is_group", "external_auth_only") for value in (True, None)),
    ("deleted", True),
    ("deleted", None),
    ("user_hash", "another"),
]


@pytest.fixture
def user(database: Database) -> User:
    """The user whom `client` is associated with, as it was read."""
    with database.unit_of_work() as stores:
        stores.users.add(User(id="user-1", user_name="joe", status="Active"))
    with database.unit_of_work() as stores:
        user = stores.users.get("user-1")
    assert user is not None
    return user


def change(database: Database, model: type[Client | User], **columns: object) -> None:
    """Change every row of a table."""
    with database.connection() as connection:
        connection.execute(update(model).values(columns))


def issue(database: Database, client: Client, user: User | ResourceOwner | None) -> None:
    """Issue a pair in a unit of work of its own."""
    row = new_token(access_token="access", access_token_expires=NOW)
    with database.unit_of_work() as stores:
        stores.tokens.issue(row, client, user)


def issued(database: Database) -> list[tuple[str | None, str | None]]:
    """Return client and user of every pair."""
    with database.unit_of_work() as stores:
        return [(row.client, row.assigned_user_id) for row in stores.tokens.list(TokenFilter())]


def assert_refused(database: Database, client: Client, user: User | None) -> None:
    """Try in vain; both ways of asking tell the same."""
    with pytest.raises(StaleRead):
        issue(database, client, user)
    assert issued(database) == []
    with pytest.raises(StaleRead), database.unit_of_work() as stores:
        stores.clients.require_unchanged(client, user)


def assert_issues(database: Database, client: Client, user: User | None) -> None:
    """Succeed; both ways of asking tell the same."""
    issue(database, client, user)
    assert issued(database) == [(client.id, user.id if user else None)]
    with database.unit_of_work() as stores:
        stores.clients.require_unchanged(client, user)


def test_for_those_as_they_were_read(database: Database, client: Client, user: User) -> None:
    """A pair is inserted for client and user as they are, with SuiteCRM's defaults in the columns that nobody set."""
    assert_issues(database, client, user)
    with database.unit_of_work() as stores:
        [row] = stores.tokens.list(TokenFilter())
    assert row.access_token_expires == NOW
    assert (row.deleted, row.token_is_revoked, row.modified_user_id) == (False, False, "1")
    assert (row.name, row.token_type, row.grant_type, row.created_by) == ("", "", "", "")
    assert (row.state, row.description, row.refresh_token) == (None, None, None)
    assert row.date_entered == row.date_modified is not None


def test_for_a_client_alone(database: Database, client: Client, user: User) -> None:
    """A pair of the client alone asks for no user, whatever became of one."""
    change(database, User, status="Inactive")
    assert user.id == client.assigned_user_id
    assert_issues(database, client, None)


@pytest.mark.parametrize("name", ["secret", "is_confidential", "allowed_grant_type", "assigned_user_id"])
def test_a_null_column_of_the_client_is_as_it_was(database: Database, client: Client, user: User, name: str) -> None:
    """A column that was NULL when the client was read, and is so still, hinders nothing; a value there does."""
    change(database, Client, **{name: None})
    with database.unit_of_work() as stores:
        read, _user = stores.clients.get_with_user(client.id) or (None, None)
    assert read is not None
    change(database, Client, **{name: getattr(client, name)})
    assert_refused(database, read, user)
    change(database, Client, **{name: None})
    assert_issues(database, read, user)


@pytest.mark.parametrize("name", ["status", "portal_only", "is_group", "external_auth_only"])
def test_a_null_column_of_the_user_is_as_it_was(database: Database, client: Client, user: User, name: str) -> None:
    """The same of the user's columns, whoever judges what they mean."""
    change(database, User, **{name: None})
    with database.unit_of_work() as stores:
        read = stores.users.get(user.id)
    assert read is not None
    change(database, User, **{name: getattr(user, name)})
    assert_refused(database, client, read)
    change(database, User, **{name: None})
    assert_issues(database, client, read)


@pytest.mark.parametrize(("name", "value"), CLIENT_CHANGES)
def test_changed_client(database: Database, client: Client, user: User, name: str, value: object) -> None:
    """A client of which one column was changed since gets nothing, for a user or for itself, until that is undone."""
    before = getattr(client, name)
    change(database, Client, **{name: value})
    assert_refused(database, client, None)
    assert_refused(database, client, user)
    change(database, Client, **{name: before})
    assert_issues(database, client, user)


@pytest.mark.parametrize(("name", "value"), USER_CHANGES)
def test_changed_user(database: Database, client: Client, user: User, name: str, value: object) -> None:
    """For a user of whom one column was changed since nothing is issued, until that is undone."""
    before = getattr(user, name)
    change(database, User, **{name: value})
    assert_refused(database, client, user)
    change(database, User, **{name: before})
    assert_issues(database, client, user)


def test_an_owner_who_gave_no_password(database: Database, client: Client, user: User) -> None:
    """For the owner of a session another password is no reason to ask again, another standing is."""
    owner = ResourceOwner(user.id, user.user_name, user.standing)
    change(database, User, user_hash="another")
    issue(database, client, owner)
    change(database, User, status="Inactive")
    with pytest.raises(StaleRead) as caught:
        issue(database, client, owner)
    assert caught.type is StaleRead, "there is such a user"
    assert issued(database) == [(client.id, user.id)]


@pytest.mark.parametrize("model", [Client, User])
def test_vanished_row(database: Database, client: Client, user: User, model: type[Client | User]) -> None:
    """A row that is gone is no row as it was read, and another row is not taken for it."""
    with database.connection() as connection:
        connection.execute(delete(model))
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="client-2", secret="hash", assigned_user_id="user-1"))
        stores.users.add(User(id="user-2", user_name="jim", status="Active"))
    assert_refused(database, client, user)


def test_what_is_not_guarded_may_change(database: Database, client: Client, user: User) -> None:
    """Names and dates are no reason to ask again."""
    change(database, Client, name="other", date_modified=NOW)
    change(database, User, first_name="other", date_modified=NOW)
    assert_issues(database, client, user)


def test_one_statement_needs_no_transaction(database: Database, client: Client, user: User) -> None:
    """A unit of work whose only write is the issue sends one statement, which commits by itself."""
    with statements(database) as seen:
        issue(database, client, user)
    assert [statement.split()[0] for statement, _ in seen] == ["INSERT"]
    assert issued(database) == [("client-1", "user-1")]


def test_after_another_write_both_become_true_together(database: Database, client: Client, user: User) -> None:
    """What was written before in the same unit of work is undone with an issue that is refused, and kept with one."""

    def write_and_issue() -> None:
        with database.unit_of_work() as stores:
            stores.clients.add(Client(id="client-2"))
            stores.tokens.issue(new_token(access_token="access"), client, user)

    change(database, User, status="Inactive")
    with pytest.raises(StaleRead):
        write_and_issue()
    with database.unit_of_work() as stores:
        assert stores.clients.get("client-2") is None
    change(database, User, status="Active")
    write_and_issue()
    with database.unit_of_work() as stores:
        assert stores.clients.get("client-2") is not None
    assert len(issued(database)) == 1


def test_a_user_without_a_row_is_told_apart(database: Database, client: Client) -> None:
    """Of a user whom the database does not have it is said so, not only that something has changed."""
    stranger = User(id="user-2", user_name="stranger", status="Active")
    with pytest.raises(UnknownOwner) as caught:
        issue(database, client, stranger)
    assert caught.value.user_id == "user-2"
    assert issued(database) == []
