"""The writes of a token request, each one statement that says itself under which condition it holds.

An INSERT … SELECT reads the client and the user once more, as it writes: it inserts nothing unless both are still just
what the request saw. So a request may rest on what this process remembers of a client, and no lock is needed.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    false,
    func,
    insert,
    literal_column,
    null,
    select,
    true,
    update,
)

from crm_oauth.store.models import Base, Client, NewToken, Refresh, ResourceOwner, Standing, Token, User
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED

_CLIENT_COLUMNS = ("id", "secret", "is_confidential", "allowed_grant_type", "assigned_user_id", "deleted")
_USER_COLUMNS = ("id", *Standing._fields)

_TABLES = {model: Base.metadata.tables[model.__tablename__] for model in (Client, User)}
_TOKEN_TABLE = Base.metadata.tables[Token.__tablename__]


def _as_read(model: type[Client | User], names: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that a row is what it was; of its id plain equality, which every index serves."""
    columns = [_TABLES[model].columns[name] for name in names]
    values = [bindparam(f"{model.__tablename__}_{column.name}", type_=column.type) for column in columns]
    key, *others = zip(columns, values, strict=True)
    return and_(key[0] == key[1], *(column.is_not_distinct_from(value) for column, value in others))


_CLIENT_AS_READ = _as_read(Client, _CLIENT_COLUMNS)
_USER_AS_READ = _as_read(User, _USER_COLUMNS)


def _from_client(*values: ColumnElement[Any]) -> Select[Any]:
    return select(*values).select_from(_TABLES[Client]).where(_CLIENT_AS_READ)


def _from_client_and_user(*values: ColumnElement[Any]) -> Select[Any]:
    return select(*values).select_from(_TABLES[Client].join(_TABLES[User], _USER_AS_READ)).where(_CLIENT_AS_READ)


def _constant(value: object) -> ColumnElement[Any]:
    """Return a default as text of the statement, so that no execution has to carry it."""
    match value:
        case None:
            return null()
        case bool():
            return true() if value else false()
        case _:
            return literal_column(f"'{value}'")


def _token_values(**known: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """Return what each column of a new token is: what is known, what `NewToken` says, or the model's default."""
    given = {name: bindparam(name, type_=_TOKEN_TABLE.columns[name].type) for name in NewToken._fields}
    given["date_modified"] = given["date_entered"]
    constants = {column.name: _constant(getattr(column.default, "arg", None)) for column in _TOKEN_TABLE.columns}
    return constants | given | known


def _insert_token(values: dict[str, ColumnElement[Any]], from_rows: Callable[..., Select[Any]]) -> Insert:
    statement = insert(_TOKEN_TABLE).from_select(list(values), from_rows(*values.values()), include_defaults=False)
    # Of an INSERT SQLAlchemy else forgets how many rows there were.
    return statement.execution_options(preserve_rowcount=True)


_CLIENT_ID, _USER_ID = _TABLES[Client].columns.id, _TABLES[User].columns.id

INSERT = _insert_token(_token_values(), select)
ISSUE_FOR_CLIENT = _insert_token(_token_values(client=_CLIENT_ID, assigned_user_id=null()), _from_client)
ISSUE_FOR_USER = _insert_token(_token_values(client=_CLIENT_ID, assigned_user_id=_USER_ID), _from_client_and_user)

UNCHANGED_CLIENT = _from_client(literal_column("1"))
UNCHANGED_CLIENT_AND_USER = _from_client_and_user(literal_column("1"))

REDEEM: Update = (
    update(Token)
    .where(
        Token.id == bindparam("row_id"),
        Token.client == bindparam("oauth2clients_id"),
        Token.refresh_token_expires > bindparam("expires_after", type_=Token.refresh_token_expires.type),
        NOT_REVOKED,
        LIVE,
        exists(UNCHANGED_CLIENT),
    )
    .values(deleted=True, date_modified=bindparam("now", type_=Token.date_modified.type))
)

_LINE_OF = select(Refresh.line_id).where(Refresh.successor_id == bindparam("row_id")).scalar_subquery()
LINK: Insert = insert(Refresh).from_select(
    ["token_id", "successor_id", "line_id", "used_at"],
    select(
        bindparam("row_id", type_=Refresh.token_id.type),
        bindparam("successor", type_=Refresh.successor_id.type),
        func.coalesce(_LINE_OF, bindparam("row_id", type_=Refresh.token_id.type)),
        bindparam("now", type_=Refresh.used_at.type),
    ),
    include_defaults=False,
)


def client_as_read(client: Client) -> dict[str, Any]:
    """Return the parameters that say what a client was when it was read."""
    return {f"oauth2clients_{name}": getattr(client, name) for name in _CLIENT_COLUMNS}


def user_as_read(user: User | ResourceOwner) -> dict[str, Any]:
    """Return the parameters that say what a user was when it was read."""
    values = zip(_USER_COLUMNS, (user.id, *user.standing), strict=True)
    return {f"users_{name}": value for name, value in values}
