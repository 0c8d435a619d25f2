"""Revoke tokens: those that are ticked, or, once an administrator has seen their number, all that a search shows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from flask import Blueprint, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from crm_oauth.admin.acts import note_act
from crm_oauth.admin.pages import notice, page
from crm_oauth.admin.panel import Panel
from crm_oauth.admin.token_query import TokenQuery
from crm_oauth.admin.tokens import SIZE, list_address
from crm_oauth.store.bulk_revocation import revoke_found
from crm_oauth.store.ports import TokenFilter
from crm_oauth.store.token_pages import COUNTED, count
from crm_oauth.store.token_search import TokenSearch

_PATIENCE = 50  # seconds, before a front end would give up


def add_token_revocation(routes: Blueprint, panel: Panel) -> None:
    """Add what the buttons do.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.post("/tokens/revoke")
    def revoke_ticked() -> Response:
        query, chosen = TokenQuery.read(request.form), request.form.getlist("token")[:SIZE]
        if not chosen:
            notice("No token is ticked, so nothing was revoked.", "note")
            return redirect(list_address(query), 303)
        with panel.work() as work:
            revoked = sum(work.stores.tokens.revoke(TokenFilter(row_id=each), now=datetime.now(UTC)) for each in chosen)
            note_act(work, "tokens_revoked", f"ticked: {len(chosen)}, sessions revoked: {revoked}")
        notice(f"{_tokens(revoked)} revoked. {_others(len(chosen) - revoked)}")
        return redirect(list_address(query), 303)

    @routes.get("/tokens/revoke")
    def ask_to_revoke_found() -> Response:
        query, now = TokenQuery.read(request.args), datetime.now(UTC)
        if query.errors:
            return redirect(list_address(query), 303)
        with panel.work() as work:
            search = _unrevoked(query, work.session, now)
            found = count(work.session, search, limit=None)
        return page("token_revocation", query=query, found=found, until=int(now.timestamp()))

    @routes.post("/tokens/revoke-found")
    def revoke_all_found() -> Response:
        query = TokenQuery.read(request.form)
        until = _moment(request.form.get("until", ""))
        if query.errors or until is None:
            notice("That could not be understood, so nothing was revoked.", "bad")
            return redirect(list_address(query), 303)
        revoked, rest = _revoke_found(panel, query, until)
        if rest:
            notice(f"{_tokens(revoked)} revoked so far.", "note")
            return page("token_revocation", query=query, found=rest, until=int(until.timestamp()), going_on=True)
        notice(f"{_tokens(revoked)} revoked.")
        return redirect(list_address(query), 303)


def _revoke_found(panel: Panel, query: TokenQuery, until: datetime) -> tuple[int, int]:
    """Revoke in many transactions and note it; return how many were, and how many are left as it took too long."""

    @contextmanager
    def units() -> Iterator[Session]:
        with panel.work() as work:
            yield work.session

    with units() as session:
        search = _unrevoked(query, session, until)
        few = count(session, search) <= COUNTED
    revoked, is_late, ends = 0, False, time.monotonic() + _PATIENCE
    try:
        for number in revoke_found(units, search, few=few, now=datetime.now(UTC)):
            revoked += number
            if is_late := time.monotonic() > ends:
                break
    finally:  # what was revoked before a fault stays so
        with panel.work() as work:
            what = ", ".join(f"{name}: {value}" for name, value in query.fields.items()) or "every token"
            note_act(work, "tokens_revoked", f"sessions revoked: {revoked}; search: {what}")
    with units() as session:
        return revoked, count(session, search, limit=None) if is_late else 0


def _unrevoked(query: TokenQuery, session: Session, until: datetime) -> TokenSearch:
    search = replace(query.search(session, until), entered_until=until)
    return search if search.revoked else replace(search, revoked=False)


def _moment(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdigit() and len(text) < 12 else None  # noqa: PLR2004  # digits of a moment


def _tokens(number: int) -> str:
    return "1 token" if number == 1 else f"{number:,} tokens"


def _others(number: int) -> str:
    return "The others had been revoked before, or refreshed meanwhile." if number > 0 else ""
