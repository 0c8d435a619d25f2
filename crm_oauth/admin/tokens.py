"""List OAuth2 Tokens, and the page of each."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from crm_oauth.admin.pages import page
from crm_oauth.admin.panel import Panel, Work
from crm_oauth.admin.token_query import TokenQuery
from crm_oauth.store.models import Token
from crm_oauth.store.name_search import clients_of, find_clients, user_names
from crm_oauth.store.ports import TokenFilter
from crm_oauth.store.token_pages import COUNTED, ORDERS, Pages, Place, TokenPage, count, pages

SIZE = 50
"""Rows of a page."""


def add_tokens(routes: Blueprint, panel: Panel) -> None:
    """Add the list, the page of each token, and the names that are proposed while one types.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/tokens")
    def tokens() -> Response:
        query = TokenQuery.read(request.args)
        if query.errors:
            return page("tokens", 422, query=query, found=None, counted=COUNTED)
        with panel.work() as work:
            search = query.search(work.session, datetime.now(UTC))
            found = count(work.session, search)
            asked, query = query, query.among_many() if found > COUNTED else query
            order = ORDERS[query.order]
            leaves = pages(work.session, search, order, descending=query.descending, few=found <= COUNTED)
            shown = _asked_for(leaves, query)
            names = _names(work, shown.rows)
        ends = [str(Place.of(row, order)) for row in (*shown.rows[:1], *shown.rows[-1:])]
        return page(
            "tokens", query=query, leaf=shown, ends=ends, found=found, counted=COUNTED, names=names, asked=asked
        )

    @routes.get("/tokens/<token_id>")
    def token(token_id: str) -> Response:
        with panel.work() as work:
            found = work.stores.tokens.list(TokenFilter(row_id=token_id), limit=1)
            names = _names(work, found)
        if not found:
            text = "There is no token with this ID: it was refreshed, or removed long after its end."
            return page("problem", 404, title="No such token", text=text)
        return page("token", token=found[0], names=names)

    @routes.get("/client-names")
    def proposed_clients() -> Response:
        part = request.args.get("client", "").strip()
        with panel.work() as work:
            found = find_clients(work.session, part, limit=20) if part else ()
        return page("client_names", clients=found)


def list_address(query: TokenQuery) -> str:
    """Return the list's address for a search."""
    return url_for("admin.tokens") + query.address()


def _asked_for(leaves: Pages, query: TokenQuery) -> TokenPage:
    order = ORDERS[query.order]
    if "last" in request.args:
        return leaves.before(None, SIZE)
    if before := Place.parse(request.args.get("before", ""), order):
        return leaves.before(before, SIZE)
    return leaves.after(Place.parse(request.args.get("after", ""), order), SIZE)


def _names(work: Work, rows: Sequence[Token]) -> dict[str, object]:
    return {
        "clients": clients_of(work.session, {row.client for row in rows if row.client}),
        "users": user_names(work.session, {row.assigned_user_id for row in rows if row.assigned_user_id}),
    }
