"""Log lines about token requests."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from gunicorn.config import Config

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.oauth.wire import Origin
from crm_oauth.observe.gunicorn_logs import GunicornLogger
from crm_oauth.observe.logs import configure_logs
from crm_oauth.observe.outcome_lines import OutcomeLines
from crm_oauth.request_id import begin_request

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


def _warn_by_library() -> None:
    logging.getLogger("somebody").warning("it failed", exc_info=ValueError("why"))


def _warn_by_ours() -> None:
    structlog.get_logger("somebody").warning("it failed", exc_info=ValueError("why"))


@pytest.mark.parametrize("warn", [_warn_by_library, _warn_by_ours])
def test_every_line_has_the_same_form(warn: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Not on a terminal a line of a library's, as of ours, is JSON: when, who, how bad, which request, and why."""
    assert configure_logs("info", None) == "json"
    begin_request("request-1")
    warn()
    begin_request("")
    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp").endswith("Z")
    assert "ValueError: why" in line.pop("exception")
    assert line == {"event": "it failed", "level": "warning", "logger": "somebody", "request_id": "request-1"}


@pytest.fixture
def told_by_gunicorn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, str]]:
    """Have gunicorn's logger, as the server has it, write a line, and return that."""
    monkeypatch.chdir(tmp_path)

    def tell(*message: str) -> dict[str, str]:
        logger = GunicornLogger(Config())
        logger.warning(*message)
        logger.error_log.filters.clear()
        return dict(json.loads(capsys.readouterr().err))

    return tell


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", ""])
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("Invalid HTTP request line: 'GET /?password=x'", "Invalid HTTP request line"),
        ("Invalid HTTP Header: 'Authorization Bearer x'", "Invalid HTTP Header"),
    ],
)
def test_gunicorn_quotes_nothing_of_a_malformed_request(
    told_by_gunicorn: Callable[..., dict[str, str]], address: str, fault: str, told: str
) -> None:
    """Its line says from where and what is wrong, and not with which words; a Unix socket's client has no address."""
    line = told_by_gunicorn(f"Invalid request from ip={address}: {fault}")
    assert (line["event"], line["logger"]) == (f"Invalid request from ip={address}: {told}", "gunicorn.error")


def test_gunicorn_tells_a_fault_without_the_query(told_by_gunicorn: Callable[..., dict[str, str]]) -> None:
    """The line of a request that could not be answered names its path alone."""
    line = told_by_gunicorn("Error handling request %s %s", "GET", "/healthz?password=x")
    assert line["event"] == "Error handling request GET /healthz"
