"""Puts the panel together."""

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect
from structlog import get_logger
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from crm_oauth.admin.audit import add_audit
from crm_oauth.admin.client_access import NoSuchClientError
from crm_oauth.admin.client_deletion import add_client_deletion
from crm_oauth.admin.client_edits import add_client_edits
from crm_oauth.admin.client_making import add_client_making
from crm_oauth.admin.client_rotation import add_client_rotation
from crm_oauth.admin.clients import add_clients
from crm_oauth.admin.cookie import ROOT, PanelCookie
from crm_oauth.admin.gate import keep_gate
from crm_oauth.admin.headers import add_headers
from crm_oauth.admin.overview import add_overview
from crm_oauth.admin.pages import add_to_pages, page
from crm_oauth.admin.panel import Panel
from crm_oauth.admin.profile_screen import add_profile_screen
from crm_oauth.admin.sign_in import add_sign_in
from crm_oauth.admin.token_revocation import add_token_revocation
from crm_oauth.admin.tokens import add_tokens
from crm_oauth.store.db import DatabaseUnavailable

_SCREENS = (
    add_sign_in,
    add_overview,
    add_clients,
    add_client_making,
    add_client_edits,
    add_client_rotation,
    add_client_deletion,
    add_tokens,
    add_token_revocation,
    add_audit,
    add_profile_screen,
)

_log = get_logger(__name__)


def install_panel(app: Flask, panel: Panel, session_key: str) -> None:
    """Add the panel to an application, below `/admin/`.

    Args:
        app: the application.
        panel: the parts.
        session_key: signs its cookies.
    """
    app.secret_key = session_key
    app.session_interface = PanelCookie()
    # Only the panel has forms, and its gate looks after them; what programs post to is guarded by tokens.
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    routes = Blueprint(
        "admin",
        __name__,
        url_prefix=ROOT,
        static_folder="static",
        static_url_path="/static",
        template_folder="templates",
    )
    keep_gate(routes, panel, CSRFProtect(app))
    add_to_pages(routes, panel)
    for add_screen in _SCREENS:
        add_screen(routes, panel)
    _add_problems(routes)
    app.register_blueprint(routes)
    app.after_request(add_headers)


def _add_problems(routes: Blueprint) -> None:
    @routes.get("/<path:unknown>")
    def nowhere(unknown: str) -> Response:  # noqa: ARG001  # Flask gives it
        return page("problem", 404, title="No such page", text="There is nothing at this address.")

    @routes.errorhandler(NoSuchClientError)
    def gone(_error: NoSuchClientError) -> Response:
        text = "There is no client with this ID. It may have been deleted meanwhile."
        return page("problem", 404, title="No such client", text=text)

    @routes.errorhandler(DatabaseUnavailable)
    def away(_error: DatabaseUnavailable) -> Response:
        response = page("problem", 503, title="The database is away", text="Please try again in a few seconds.")
        response.headers["Retry-After"] = "5"
        return response

    @routes.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return page("problem", error.code or 400, title=error.name, text="The request could not be understood.")
        _log.error("unexpected fault", exc_info=error)
        return page("problem", 500, title="Something went wrong", text="It is in the server's log. Nothing was saved.")
