"""Headers that a version puts on every answer of its API, whoever answers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crm_oauth.profiles import Profile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BELOW = ("/Api/", "/legacy/Api/")


class EndpointHeaders:
    """WSGI middleware: adds the profile's headers to every answer of the API's paths, unknown paths and errors too.

    Not Flask's `after_request`: Werkzeug would look through each of them twice for a new line, which a profile has not.

    Args:
        app: the WSGI application.
        profile: names the headers and the token endpoint's paths.
    """

    def __init__(self, app: "WSGIApplication", profile: Profile) -> None:
        self._app = app
        self._paths = frozenset(profile.endpoint.paths)
        self._headers = tuple(profile.endpoint.headers.items())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path = "/" + environ.get("PATH_INFO", "").lstrip("/")  # as Werkzeug reads it
        if path not in self._paths and not path.startswith(_BELOW):
            return self._app(environ, start_response)

        def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # as PEP 3333 names them
            return start_response(status, [*headers, *self._headers], exc_info)

        return self._app(environ, start)
