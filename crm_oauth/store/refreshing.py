"""The writes of a refresh: redeem a refresh token, insert the pair that takes its place, and link the two."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Dialect, FromClause, Insert, Select, exists, func, select, true, update

from crm_oauth.store.issuing import NEW, TOKENS, UNCHANGED_CLIENT, given, insertion, new_tokens, token_values
from crm_oauth.store.models import Base, Token
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.prepared_write import PreparedText, PreparedWrite, Row
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED, by_no_index
from crm_oauth.store.unit_of_work import Together, UnitOfWork

_REFRESHES = Base.metadata.tables[Refresh.__tablename__]
_ROW_ID = given("row_id", Token.id)
_REDEEM = (
    update(Token)
    .where(
        Token.id == _ROW_ID,
        by_no_index(Token.client) == given("oauth2clients_id", Token.client),
        Token.refresh_token_expires > given("expires_after", Token.refresh_token_expires),
        NOT_REVOKED,
        LIVE,
        exists(UNCHANGED_CLIENT),
    )
    .values(deleted=true(), date_modified=given("now", Token.date_modified))
)
_INSERT = insertion(TOKENS, token_values(), select)


def _link(row_id: ColumnElement[Any], from_rows: Callable[..., Select[Any]]) -> Insert:
    line = select(Refresh.line_id).where(Refresh.successor_id == _ROW_ID).scalar_subquery()
    values = {
        "token_id": row_id,
        "successor_id": given(NEW["id"], Refresh.successor_id),
        "line_id": func.coalesce(line, row_id),
        "used_at": given("now", Refresh.used_at),
    }
    return insertion(_REFRESHES, values, from_rows)


_LINK = _link(_ROW_ID, select)

_WRITES = _REDEEM, _INSERT, _LINK
_PREPARED = [PreparedWrite(statement) for statement in _WRITES]


def refresh(unit: UnitOfWork, row: Row) -> bool:
    """Refresh within the transaction of a unit of work, and tell whether there was something to redeem."""
    redeem, *others = _PREPARED
    if unit.write_prepared(redeem, row) != 1:
        return False
    for write in others:
        unit.write_prepared(write, row)
    return True


def _in_turn(unit: UnitOfWork, rows: Sequence[Row]) -> Sequence[bool]:
    unit.begin()
    with unit.all_or_nothing():
        refreshed = [refresh(unit, row) for row in rows]
        unit.commit()
    return refreshed


def _block(dialect: Dialect, rows: int) -> PreparedText:
    parts = [statement.compile(dialect=dialect) for statement in _WRITES]
    one = "{}; IF ROW_COUNT() = 1 THEN {}; {}; END IF; ".format(*parts)
    return PreparedText(f"BEGIN NOT ATOMIC START TRANSACTION; {one * rows}COMMIT; END", parts * rows, rows)


_BLOCK = new_tokens(_block, counted=len(_WRITES))


def _in_a_block(unit: UnitOfWork, rows: Sequence[Row]) -> Sequence[bool]:
    with unit.all_or_nothing():
        return _BLOCK(unit, rows)


TOGETHER: Mapping[str, Together] = {
    # The file, and the disk, are waited for once.
    "sqlite": _in_turn,
    # MySQL has no blocks outside of procedures.
    "mysql": _in_turn,
    "mariadb": _in_a_block,
}
"""Several refreshes, by database."""


def _from(rows: FromClause, *values: ColumnElement[Any]) -> Select[Any]:
    return select(*values).select_from(rows)


_REDEEMED = _REDEEM.returning(Token.id).cte("redeemed")
_FROM_REDEEMED = partial(_from, _REDEEMED)
_INSERTED = insertion(TOKENS, token_values(), _FROM_REDEEMED).cte("inserted")

AT_ONCE = PreparedWrite(_link(_REDEEMED.c.id, _FROM_REDEEMED).add_cte(_INSERTED))
"""One refresh by one statement, over PostgreSQL, where the parts of a WITH may write."""
