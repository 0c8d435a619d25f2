"""The writes of a refresh: redeem a refresh token, insert the pair that takes its place, and link the two."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Insert, Select, exists, func, select, true, update

from crm_oauth.store.issuing import NEW, TOKENS, UNCHANGED_CLIENT, given, insertion, token_values
from crm_oauth.store.models import Base, Token
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.prepared_write import PreparedWrite, Row
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED, by_no_index
from crm_oauth.store.unit_of_work import UnitOfWork

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

_STEPS = [PreparedWrite(statement) for statement in (_REDEEM, _INSERT, _LINK)]


def refresh(unit: UnitOfWork, row: Row) -> bool:
    """Refresh within the transaction of a unit of work, and tell whether there was something to redeem."""
    redeem, *others = _STEPS
    if unit.write_prepared(redeem, row) != 1:
        return False
    for write in others:
        unit.write_prepared(write, row)
    return True


def refresh_together(unit: UnitOfWork, rows: Sequence[Row]) -> Sequence[bool]:
    """Do several in a transaction of their own, of each of which it is told whether there was something to redeem.

    For SQLite, whose transactions wait for each other anyway. Elsewhere one would wait for another's locked row.
    """
    unit.begin()
    with unit.all_or_nothing():
        refreshed = [refresh(unit, row) for row in rows]
        unit.commit()
    return refreshed


def _from(rows: FromClause, *values: ColumnElement[Any]) -> Select[Any]:
    return select(*values).select_from(rows)


_REDEEMED = _REDEEM.returning(Token.id).cte("redeemed")
_FROM_REDEEMED = partial(_from, _REDEEMED)
_INSERTED = insertion(TOKENS, token_values(), _FROM_REDEEMED).cte("inserted")

AT_ONCE: Mapping[str, PreparedWrite] = {
    # The parts of a WITH may write.
    "postgresql": PreparedWrite(_link(_REDEEMED.c.id, _FROM_REDEEMED).add_cte(_INSERTED)),
    # MySQL has no such block outside of a procedure.
    "mariadb": PreparedWrite(
        _REDEEM,
        _INSERT,
        _LINK,
        as_one="BEGIN NOT ATOMIC START TRANSACTION; {}; IF ROW_COUNT() = 1 THEN {}; {}; END IF; COMMIT; END".format,
    ),
}
"""The three in one round trip, with their own BEGIN and COMMIT, by database; no row where nothing was redeemed."""
