"""Log lines about token requests."""

import json
import logging
from collections.abc import Iterator

import pytest

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.oauth.wire import Origin
from crm_oauth.observe.logs import configure_logs
from crm_oauth.observe.outcome_lines import OutcomeLines

OUTCOME = Outcome("password", "client", "user", 401, "invalid_credentials", 0.12345, Origin("192.0.2.1", "request-1"))


@pytest.fixture(autouse=True)
def _loggers() -> Iterator[None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_json_line_says_all(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of JSON has what happened, why, to whom, from where, how long it took and which request it was."""
    OutcomeLines(configure_logs("info", "json"))(OUTCOME)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "token refused",
        "level": "info",
        "logger": "crm_oauth.observe.outcome_lines",
        "grant_type": "password",
        "client_id": "client",
        "user_id": "user",
        "status": 401,
        "refusal": "invalid_credentials",
        "seconds": 0.1235,
        "address": "192.0.2.1",
        "request_id": "request-1",
    }


def test_a_console_line_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for people names the same things."""
    OutcomeLines(configure_logs("info", "console"))(OUTCOME)
    told = capsys.readouterr().err
    assert all(part in told for part in ("token refused", "invalid_credentials", "192.0.2.1", "client"))


def test_a_higher_level_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """With the level of warnings there is no line."""
    OutcomeLines(configure_logs("warning", "json"))(OUTCOME)
    assert capsys.readouterr().err == ""
