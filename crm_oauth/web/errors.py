"""Every error that is not a refused token request: always in the profile's words, never the framework's HTML."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from flask import Flask, Response, request
from gunicorn.http.errors import ParseException
from structlog import get_logger
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from crm_oauth.compat import json_api, slim
from crm_oauth.compat.faults import Fault, Meaning
from crm_oauth.compat.league import Dialect
from crm_oauth.oauth.responses import response_of
from crm_oauth.profiles import Profile
from crm_oauth.store.db import DatabaseUnavailable
from crm_oauth.store.ports import DirectoryUnavailable, UnknownOwner

_RETRY_AFTER = 5  # seconds; a database or a directory that restarts is back by then

_BLOCK = 64 * 1024  # bytes
_DISCARDED_BLOCKS = 256

_log = get_logger(__name__)


def install_error_answers(
    app: Flask, profile: Profile, dialect: Dialect, old_api_route: Callable[[], Response]
) -> None:
    """Register the answers.

    Args:
        app: the application.
        profile: decides the style of 404 and 405.
        dialect: the words.
        old_api_route: answers whatever the old API has no route for.
    """
    old_api = profile.endpoint.wrong_method == "json_api"
    unavailable = partial(_unavailable, dialect)

    def wrong_method(error: MethodNotAllowed) -> Response:
        # Routes that the old API never had are told as the new one would.
        if old_api and request.path in profile.endpoint.paths:
            return response_of(json_api.method_not_allowed())
        # Slim's GET routes take no HEAD, ours do without a word.
        allowed = ", ".join(sorted({*(error.valid_methods or ())} - {"HEAD", "OPTIONS"}))
        return response_of(slim.method_not_allowed(request.method, request.headers.get("Accept", ""), allowed))

    def not_found(_error: NotFound) -> Response:
        # The old API looked at the bearer before it looked for a route.
        if old_api and request.path.startswith("/api/"):
            try:
                return old_api_route()
            except DatabaseUnavailable as error:  # which Flask would bring to no other handler than that of all faults
                return unavailable(error)
        # Only who asks for HTML or XML gets it: a program is better served with JSON than by Slim's default.
        accept = request.headers.get("Accept", "")
        return response_of(slim.not_found(accept if "html" in accept or "xml" in accept else "application/json"))

    def other(error: HTTPException) -> Response:
        response = response_of(dialect.other_error(error.code or BadRequest.code, "invalid_request", error.name))
        if isinstance(error, RequestEntityTooLarge):
            _discard_body()
        return response

    def badly_framed(_error: ParseException) -> Response:
        return other(BadRequest())

    def fault(error: Exception) -> Response:
        _log_fault(error)
        return response_of(dialect.render(Fault(Meaning.SERVER_ERROR)))

    app.register_error_handler(MethodNotAllowed, wrong_method)
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(DatabaseUnavailable, unavailable)
    app.register_error_handler(DirectoryUnavailable, unavailable)
    app.register_error_handler(HTTPException, other)
    app.register_error_handler(ParseException, badly_framed)
    app.register_error_handler(Exception, fault)


def _unavailable(dialect: Dialect, error: DatabaseUnavailable | DirectoryUnavailable) -> Response:
    what = "database" if isinstance(error, DatabaseUnavailable) else "directory"
    _log.error(f"{what} unavailable", reason=str(error))
    response = response_of(dialect.render(Fault(Meaning.UNAVAILABLE)))
    response.headers["Retry-After"] = str(_RETRY_AFTER)
    return response


def _log_fault(error: Exception) -> None:
    if isinstance(error, UnknownOwner):
        what = "a grant named a user whom the database does not have"
        _log.error(what, grant_type=error.grant_type, user_id=error.user_id)
    else:
        _log.error("unexpected fault", exc_info=error)


def _discard_body() -> None:
    # Who is still sending would see a broken pipe instead of the answer; and gunicorn sends no "Connection: close"
    # of an application's, so the next request on the connection would fail as well.
    body = request.environ["wsgi.input"]
    with suppress(OSError, ParseException):
        for _ in range(_DISCARDED_BLOCKS):
            if not body.read(_BLOCK):
                return
