"""Tells the observers how each token request ended, once it has: after the commit, or the fault that prevented it."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from flask import Flask, Response, g, request
from structlog import get_logger

from crm_oauth.oauth.outcome import Observer, Outcome
from crm_oauth.oauth.wire import Origin

_log = get_logger(__name__)

_FAULTS = {413: "too_large", 503: "unavailable"}


def remember_outcome(outcome: Outcome) -> None:
    """Keep the outcome of the current request until it is sure."""
    g.outcome = outcome


def install_observers(app: Flask, endpoint: str, observers: Sequence[Observer]) -> None:
    """Have the observers told each outcome.

    Args:
        app: the application.
        endpoint: Flask's name of the token endpoint.
        observers: are told each outcome.
    """

    def tell(response: Response) -> Response:
        if request.endpoint == endpoint:
            outcome = _final(g.pop("outcome", None), response.status_code)
            for observe in observers:
                try:
                    observe(outcome)
                except Exception:  # noqa: BLE001  # the token is in the database: who only looks on may not take its answer back
                    _log.exception("an outcome was not observed")
        return response

    app.after_request(tell)


def _final(outcome: Outcome | None, status: int) -> Outcome:
    if outcome is None:
        # Nobody got as far as having one: a body too large or badly framed, or a database or directory that is away.
        return Outcome("", "", "", status, _refusal(status), 0.0, Origin.of(request))
    if status != outcome.status:
        # The commit failed.
        return replace(outcome, status=status, refusal=_refusal(status))
    return outcome


def _refusal(status: int) -> str:
    return _FAULTS.get(status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request")
