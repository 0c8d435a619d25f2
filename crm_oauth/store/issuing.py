"""The writes of a token request, each one statement that says itself under which condition it holds.

An INSERT … SELECT reads the client and the user once more, as it writes: it inserts nothing unless both are still just
what the request saw. So a request may rest on what this process remembers of a client, and no lock is needed.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import repeat
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Insert,
    Select,
    Table,
    and_,
    bindparam,
    false,
    insert,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from crm_oauth.store.models import Base, Client, NewToken, Token, User
from crm_oauth.store.prepared_write import PreparedGroup
from crm_oauth.store.resource_owner import ResourceOwner, Standing

_CLIENT_COLUMNS = ("id", "secret", "is_confidential", "allowed_grant_type", "assigned_user_id", "deleted")
_OWNER_COLUMNS = ("id", *Standing._fields)
_USER_COLUMNS = (*_OWNER_COLUMNS, "user_hash")  # so that no login by an old password outlives its change

_TABLES = {model: Base.metadata.tables[model.__tablename__] for model in (Client, User)}
TOKENS = Base.metadata.tables[Token.__tablename__]


def given(parameter: str, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> BindParameter[Any]:
    """Return a parameter of a column's type."""
    return bindparam(parameter, type_=column.type)


def _as_read(model: type[Client | User], names: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that a row is what it was; of its id plain equality, which every index serves."""
    columns = [_TABLES[model].columns[name] for name in names]
    values = [given(f"{model.__tablename__}_{column.name}", column) for column in columns]
    key, *others = zip(columns, values, strict=True)
    return and_(key[0] == key[1], *(column.is_not_distinct_from(value) for column, value in others))


_CLIENT_AS_READ = _as_read(Client, _CLIENT_COLUMNS)
_USER_AS_READ = _as_read(User, _USER_COLUMNS)
_OWNER_AS_READ = _as_read(User, _OWNER_COLUMNS)


def _from_client(*values: ColumnElement[Any]) -> Select[Any]:
    return select(*values).select_from(_TABLES[Client]).where(_CLIENT_AS_READ)


def _from_client_and_user(user_as_read: ColumnElement[bool], *values: ColumnElement[Any]) -> Select[Any]:
    return select(*values).select_from(_TABLES[Client].join(_TABLES[User], user_as_read)).where(_CLIENT_AS_READ)


# Not the columns' own names: of a statement within another SQLAlchemy would take those for values to set.
NEW = {name: f"new_{name}" for name in NewToken._fields}


def _constant(value: object) -> ColumnElement[Any]:
    """Return a default as text of the statement, so that no execution has to carry it."""
    match value:
        case None:
            return null()
        case bool():
            return true() if value else false()
        case _:
            return literal_column(f"'{value}'")


def token_values(**known: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """Return what each column of a new token is: what is known, what `NewToken` says, or the model's default."""
    new = {name: given(parameter, TOKENS.columns[name]) for name, parameter in NEW.items()}
    new["date_modified"] = new["date_entered"]
    constants = {column.name: _constant(getattr(column.default, "arg", None)) for column in TOKENS.columns}
    return constants | new | known


def insertion(
    table: Table, values: Mapping[str, ColumnElement[Any]], from_rows: Callable[..., Select[Any]], times: int = 1
) -> Insert:
    """Return an INSERT of one row for each row of a SELECT.

    Args:
        table: to insert into.
        values: by name of their column.
        from_rows: makes the SELECT of these values.
        times: how often the SELECT is made, each time with other parameters.
    """
    rows = union_all(*repeat(from_rows(*values.values()), times))
    return insert(table).from_select(list(values), rows, include_defaults=False)


def _issuing(from_rows: Callable[..., Select[Any]], **known: ColumnElement[Any]) -> PreparedGroup:
    statement = partial(insertion, TOKENS, token_values(**known), from_rows)
    return PreparedGroup(statement, TOKENS.columns.id, NEW["id"])


_CLIENT_ID, _USER_ID = _TABLES[Client].columns.id, _TABLES[User].columns.id

ISSUE_FOR_CLIENT = _issuing(_from_client, client=_CLIENT_ID, assigned_user_id=null())
ISSUE_FOR_USER, ISSUE_FOR_OWNER = (
    _issuing(partial(_from_client_and_user, as_read), client=_CLIENT_ID, assigned_user_id=_USER_ID)
    for as_read in (_USER_AS_READ, _OWNER_AS_READ)
)

UNCHANGED_CLIENT = _from_client(literal_column("1"))
UNCHANGED_CLIENT_AND_USER = _from_client_and_user(_USER_AS_READ, literal_column("1"))


def new_row(token: NewToken) -> dict[str, Any]:
    """Return the parameters that say what a new token is."""
    return dict(zip(NEW.values(), token, strict=True))


def client_as_read(client: Client) -> dict[str, Any]:
    """Return the parameters that say what a client was when it was read."""
    return {f"oauth2clients_{name}": getattr(client, name) for name in _CLIENT_COLUMNS}


def user_as_read(user: User | ResourceOwner) -> dict[str, Any]:
    """Return the parameters that say what a user was when it was read."""
    values = dict(zip(_OWNER_COLUMNS, (user.id, *user.standing), strict=True))
    if isinstance(user, User):
        values["user_hash"] = user.user_hash
    return {f"users_{name}": value for name, value in values.items()}
