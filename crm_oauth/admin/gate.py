"""Who may come in: administrators who have signed in, and whose session is not over."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from urllib.parse import unquote, urlsplit

from flask import Blueprint, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response

from crm_oauth.admin.cookie import ROOT, is_of_panel
from crm_oauth.admin.held import keep_draft, keep_draft_of_sign_in
from crm_oauth.admin.pages import page, typed
from crm_oauth.admin.panel import Panel, Work
from crm_oauth.store.models import User
from crm_oauth.store.own_models import AdminSession

_DOORS = frozenset({"admin.sign_in", "admin.signed_in"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """The administrator who asks.

    Args:
        user_id: the user's id.
        name: by which they signed in.
        sign_in: the session's key in the database.
        held: sealed, for this page.
    """

    user_id: str
    name: str
    sign_in: str
    held: str | None


def keep_gate(routes: Blueprint, panel: Panel, csrf: CSRFProtect) -> None:
    """Let nobody else in, and nothing be posted from elsewhere.

    Args:
        routes: the panel's.
        panel: the parts.
        csrf: checks what is posted.
    """

    @routes.before_request
    def check() -> Response | None:
        if _holds_nul():
            return page("problem", 400, title="No such thing", text="What was asked for holds a letter that is none.")
        if request.method not in _SAFE and not _from_here():
            return page("problem", 403, title="Not from here", text="This was sent by another site. Nothing was done.")
        if request.endpoint == "admin.static":
            return None  # before the database is asked who comes: a page that says that it is away needs its style
        g.viewer = _viewer(panel)
        if g.viewer is None and request.endpoint not in _DOORS:
            return _ask_to_sign_in()
        csrf.protect()
        return None

    @routes.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> Response:
        if g.viewer is None:
            told = "This page had been open too long. Please sign in once more."
            return page("sign_in", 400, told=told, name=request.form.get("user_name", ""), **carried())
        if request.endpoint == "admin.signed_in":
            # Another tab was faster.
            keep_draft_of_sign_in(panel, next_of())
            return onward()
        keep_draft(panel, request.path, typed())
        return page("stale", 400, path=request.path if _can_be_opened() else None)


def is_administrator(work: Work, user: User | None) -> bool:
    """Tell whether a user may use the panel."""
    return user is not None and bool(user.is_admin) and work.stores.users.may_authenticate(user.standing)


def next_of() -> str:
    """Return the page to go to after signing in: one of ours, whatever was asked for; "" if none was."""
    return _own_path(request.values.get("next", ""))


def carried() -> dict[str, str]:
    """Return what the form to sign in carries for afterwards: where to go, and what had been typed there."""
    return {"next": next_of(), "kept": request.form.get("kept", "")}


def onward() -> Response:
    """Go where whoever has signed in wanted to."""
    target = next_of()
    return redirect(request.root_path.rstrip("/") + target if target else url_for("admin.overview"), 303)


def _own_path(target: str) -> str:
    """Return a path and query below the panel's root, or nothing if a target is anything else."""
    if not target.isprintable() or "\\" in target or len(target) > 2000:  # noqa: PLR2004  # characters of an address
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    path = unquote(parts.path)  # to browsers %2e%2e is a step up as well
    if parts.scheme or parts.netloc or not is_of_panel(parts.path) or "//" in path or ".." in path:
        return ""
    return target


def _viewer(panel: Panel) -> Viewer | None:
    name = session.get("sign_in")
    if not isinstance(name, str):
        return None
    with panel.work() as work:
        found = work.sign_ins.find(name, now=datetime.now(UTC))
        user = work.stores.users.get(found.user_id) if found else None
        if found and user and is_administrator(work, user) and _same_password(panel, user, found):
            return Viewer(user.id, user.user_name or "", found.id_hash, found.held)
        if found:
            work.sign_ins.end(found.id_hash)
    # Only this: answers to several requests may arrive in any order, and the form to sign in rests on the CSRF token.
    session.pop("sign_in")
    return None


def _same_password(panel: Panel, user: User, found: AdminSession) -> bool:
    return compare_digest(panel.seal.mark(user.user_hash), found.password_mark)


def _ask_to_sign_in() -> Response:
    if request.method in _SAFE:
        target = request.full_path.rstrip("?")
        at_the_door = target.rstrip("/") == ROOT
        return redirect(url_for("admin.sign_in", next=None if at_the_door else target), 303)
    kept = typed() if _can_be_opened() else {}
    told = "Your session had ended, so nothing was saved. Please sign in again"
    told += "; what you typed is kept." if kept else "."
    target = _own_path(request.path) if _can_be_opened() else ""
    return page("sign_in", 401, told=told, next=target, kept=json.dumps(kept) if kept else "")


def _can_be_opened() -> bool:
    """Tell whether what was posted comes from a form of the same address."""
    methods = current_app.create_url_adapter(request).allowed_methods()  # type: ignore[union-attr]  # within a request
    return "GET" in methods


def _holds_nul() -> bool:
    """Tell whether there is a NUL in the address or a form, which no keyboard types and PostgreSQL keeps nowhere."""
    values = (text for pairs in (request.args, request.form) for pair in pairs.items(multi=True) for text in pair)
    return "\0" in request.path or any("\0" in text for text in values)


def _from_here() -> bool:
    """Tell whether a browser says that the request comes from our own pages; old ones and programs say nothing."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.host}"
