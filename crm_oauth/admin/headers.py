"""Headers of every answer below the panel's path, whoever makes it."""

from flask import Response, request

from crm_oauth.admin.cookie import ROOT, is_of_panel

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def add_headers(response: Response) -> Response:
    """Add them: no script but our own, no frame around us, no copy kept of a page."""
    if not is_of_panel(request.path):
        return response
    response.headers.update(_HEADERS)
    if not request.path.startswith(f"{ROOT}/static/"):
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    return response
