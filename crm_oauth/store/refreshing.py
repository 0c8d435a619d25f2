"""The writes of a refresh: redeem a refresh token, insert the pair that takes its place, and link the two."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Insert, Select, bindparam, exists, func, select, true, update

from crm_oauth.store.issuing import NEW, TOKENS, UNCHANGED_CLIENT, given, insertion, token_values
from crm_oauth.store.models import Base, Refresh, Token
from crm_oauth.store.prepared_write import PreparedWrite
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED

_REFRESHES = Base.metadata.tables[Refresh.__tablename__]
_ROW_ID = given("row_id", Token.id)
_REDEEM = (
    update(Token)
    .where(
        Token.id == _ROW_ID,
        Token.client == bindparam("oauth2clients_id"),
        Token.refresh_token_expires > given("expires_after", Token.refresh_token_expires),
        NOT_REVOKED,
        LIVE,
        exists(UNCHANGED_CLIENT),
    )
    .values(deleted=true(), date_modified=given("now", Token.date_modified))
)


REDEEM = PreparedWrite(_REDEEM)
INSERT = PreparedWrite(insertion(TOKENS, token_values(), select))


def _link(row_id: ColumnElement[Any], from_rows: Callable[..., Select[Any]]) -> Insert:
    line = select(Refresh.line_id).where(Refresh.successor_id == _ROW_ID).scalar_subquery()
    values = {
        "token_id": row_id,
        "successor_id": given(NEW["id"], Refresh.successor_id),
        "line_id": func.coalesce(line, row_id),
        "used_at": given("now", Refresh.used_at),
    }
    return insertion(_REFRESHES, values, from_rows)


LINK = PreparedWrite(_link(_ROW_ID, select))


def _from(rows: FromClause, *values: ColumnElement[Any]) -> Select[Any]:
    return select(*values).select_from(rows)


_REDEEMED = _REDEEM.returning(Token.id).cte("redeemed")
_FROM_REDEEMED = partial(_from, _REDEEMED)
_INSERTED = insertion(TOKENS, token_values(), _FROM_REDEEMED).cte("inserted")

REFRESH = PreparedWrite(_link(_REDEEMED.c.id, _FROM_REDEEMED).add_cte(_INSERTED))
"""The three as one, where the parts of a WITH may write: true at once, without BEGIN and COMMIT."""
