"""Signing in and out."""

import math
from datetime import UTC, datetime

from flask import Blueprint, g, redirect, request, session, url_for
from structlog import get_logger
from werkzeug.wrappers import Response

from crm_oauth.admin.acts import note_act
from crm_oauth.admin.gate import Viewer, carried, is_administrator, next_of, onward
from crm_oauth.admin.held import keep_draft_of_sign_in
from crm_oauth.admin.pages import notice, page
from crm_oauth.admin.panel import Panel
from crm_oauth.limits.guesses import TooManyGuesses, Verdict
from crm_oauth.store.ports import DirectoryUnavailable

_REFUSED = "That did not work: the user name or the password is wrong, or this user is no administrator."
_LONGEST = 255  # characters of a user name
_MINUTES = 120  # seconds, from which on a wait is told in minutes

_log = get_logger(__name__)


def add_sign_in(routes: Blueprint, panel: Panel) -> None:
    """Add the pages.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/sign-in")
    def sign_in() -> Response:
        return onward() if g.viewer else page("sign_in", next=next_of())

    @routes.post("/sign-in")
    def signed_in() -> Response:
        name = request.form.get("user_name", "").strip()[:_LONGEST]
        try:
            if not _enter(panel, name, request.form.get("password", "")):
                return _again(401, name, _REFUSED)
        except TooManyGuesses as error:
            wait = _in_words(error.retry_after)
            response = _again(429, name, f"There were too many wrong passwords. Please try again in {wait}.")
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        except DirectoryUnavailable as error:
            _log.error("directory unavailable", reason=str(error))
            return _again(503, name, "The directory that checks passwords gives no answer. Please try again soon.")
        keep_draft_of_sign_in(panel, next_of())
        return onward()

    @routes.post("/sign-out")
    def sign_out() -> Response:
        with panel.work() as work:
            work.sign_ins.end(g.viewer.sign_in)
            note_act(work, "panel_signed_out", user_id=g.viewer.user_id)
        session.clear()
        notice("You are signed out.")
        return redirect(url_for("admin.sign_in"), 303)


def _enter(panel: Panel, name: str, password: str) -> bool:
    """Begin a new session if the password is right and the user an administrator."""
    address = request.remote_addr or ""
    with panel.work() as work:
        users = work.stores.users
        user = users.find_by_name(name)
        verdict = panel.guesses.check_password(
            name,
            address,
            check=lambda: users.verify_password(user, password) and is_administrator(work, user),
            decoy=lambda: users.verify_password(None, password),
        )
        if user is None or verdict is not Verdict.RIGHT:
            # A name that is nobody's may be a password, typed into the wrong field: it is not written down.
            note_act(work, "panel_sign_in_refused", verdict.name.lower(), user_id=user.id if user else "")
            return False
        mark = panel.seal.mark(user.user_hash)
        if g.viewer:
            work.sign_ins.end(g.viewer.sign_in)
        sign_in = work.sign_ins.begin(user.id, password_mark=mark, address=address, now=datetime.now(UTC))
        found = work.sign_ins.find(sign_in, now=datetime.now(UTC))
        g.viewer = Viewer(user.id, user.user_name or "", found.id_hash if found else "", None)
        note_act(work, "panel_signed_in", user_id=user.id)
    # Nothing of the cookie from before is kept: neither a planted session nor a known CSRF token.
    session.clear()
    session["sign_in"] = sign_in
    return True


def _in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < _MINUTES else f"{math.ceil(seconds / 60)} minutes"


def _again(status: int, name: str, error: str) -> Response:
    return page("sign_in", status, error=error, name=name, **carried())
