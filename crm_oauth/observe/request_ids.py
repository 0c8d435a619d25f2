"""One identifier for each request: in its answer, its log lines and its audit entries."""

import os
import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crm_oauth.request_id import REQUEST_ID, begin_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-Id"

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIds:
    """WSGI middleware: takes a request's identifier over from its front end or makes one, and puts it into the answer.

    What strangers send must have been taken out of the headers before.

    Args:
        app: the WSGI application.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _WELL_FORMED.fullmatch(given) else _new_request_id()
        environ[REQUEST_ID] = request_id
        begin_request(request_id)

        def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # as PEP 3333 names them
            return start_response(status, [*headers, (HEADER, request_id)], exc_info)

        return self._app(environ, start)


def _new_request_id() -> str:
    # Milliseconds first: such values are added at one end of the audit trail's index.
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
