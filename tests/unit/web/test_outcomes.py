"""What observers are told of a request, whatever became of it."""

import pytest
from flask import Flask, Response

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.oauth.wire import Origin
from crm_oauth.web.outcomes import install_observers, remember_outcome

ISSUED = Outcome("password", "client", "user", 200, "", 0.5, Origin("192.0.2.1", "id"))
REFUSED = Outcome("password", "client", "user", 401, "invalid_credentials", 0.5, Origin("192.0.2.1", "id"))


@pytest.mark.parametrize(
    ("remembered", "status", "told"),
    [
        (ISSUED, 200, ("password", 200, "")),
        (REFUSED, 401, ("password", 401, "invalid_credentials")),
        (ISSUED, 503, ("password", 503, "unavailable")),
        (ISSUED, 500, ("password", 500, "server_error")),
        (None, 413, ("", 413, "too_large")),
        (None, 503, ("", 503, "unavailable")),
        (None, 500, ("", 500, "server_error")),
        (None, 400, ("", 400, "invalid_request")),
    ],
)
def test_what_is_told(remembered: Outcome | None, status: int, told: tuple[str, int, str]) -> None:
    """What the client got in the end counts, not what it was to get before the commit failed."""
    outcomes: list[Outcome] = []
    application = Flask(__name__)

    def answer() -> Response:
        if remembered:
            remember_outcome(remembered)
        return Response("", status)

    application.get("/token", endpoint="token")(answer)
    application.get("/other", endpoint="other")(answer)
    install_observers(application, "token", [outcomes.append])
    for path in ("/other", "/token", "/nowhere"):
        application.test_client().get(path)
    [outcome] = outcomes
    assert (outcome.grant_type, outcome.status, outcome.refusal) == told
