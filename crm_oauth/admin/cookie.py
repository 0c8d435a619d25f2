"""The panel's cookie: signed, for this path alone, out of the reach of scripts, encrypted on its way behind TLS."""

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

ROOT = "/admin"
"""The path below which the panel is."""


def is_of_panel(path: str) -> bool:
    """Tell whether a path is the panel's root or below it."""
    return path == ROOT or path.startswith(f"{ROOT}/")


class PanelCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, narrowed to the panel; it names a session, which the database keeps."""

    salt = "crm-oauth panel"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open one for the panel's pages; no other request pays for a cookie that it cannot have."""
        return super().open_session(app, request) if is_of_panel(request.path) else None

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002  # Flask's signature
        """Return its name."""
        return "crm_oauth_panel"

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002  # same
        """Return the path of the panel, also where a front end puts a prefix before it."""
        return request.root_path.rstrip("/") + ROOT

    def get_cookie_httponly(self, app: Flask) -> bool:  # noqa: ARG002  # same
        """Keep it from scripts."""
        return True

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  # same
        """Keep it to TLS wherever TLS is."""
        return request.is_secure

    def get_cookie_samesite(self, app: Flask) -> str:  # noqa: ARG002  # same
        """Let other sites link here, and post nothing."""
        return "Lax"
