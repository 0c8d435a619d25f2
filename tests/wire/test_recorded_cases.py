"""Every recorded request gets the recorded answer, or the one that our table of differences names."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.site import Site
from tests.wire.conftest import RECORDINGS
from tests.wire.differences import DIFFERENCES, SUBJECTS
from tests.wire.exchange import Expected, Received, assert_as_expected, send

CASES = {case["name"]: case for case in RECORDINGS["cases"]}


def _recorded(case: dict[str, Any], version: str) -> Expected:
    # Their PHP never had a refresh grant; ours speaks as the first one that did.
    old_refresh = version.startswith("7.10.") and case["name"].startswith("refresh")
    answer = case["responses"]["7.12.0" if old_refresh else version]
    if "body_keys" not in answer:
        return Expected(answer["status"], answer["headers"], answer.get("body", ""))
    return Expected(answer["status"], answer["headers"], body_keys=tuple(answer["body_keys"]), claims=answer["claims"])


def _expected(case: dict[str, Any], version: str) -> Expected:
    recorded = _recorded(case, version)
    _row, versions, answer_here = DIFFERENCES.get(case["name"], ("", (), None))
    if version in versions:
        expected: Expected = answer_here(version)
        assert expected != recorded, "no difference: take the entry out of the table"
        return expected
    if recorded.claims.get("sub") == "":
        subject = SUBJECTS.get(recorded.claims["aud"], "")
        return replace(recorded, claims=recorded.claims | {"sub": subject})
    return recorded


def _send(site: Site, path: str, request: dict[str, Any]) -> Received:
    body = json.dumps(request["json"]).encode() if "json" in request else None
    if "body" in request:
        body = request["body"].encode()
    target = f"{path}?{request['query']}" if "query" in request else path
    return send(site.url, request["method"], target, request["headers"], body)


@pytest.mark.parametrize("name", CASES)
def test_answers_as_recorded(site: Site, version: str, path: str, name: str) -> None:
    """A recorded request gets the recorded status, headers and body, or the difference that we mean."""
    case = CASES[name]
    assert_as_expected(_send(site, path, case["request"]), _expected(case, version))


@pytest.mark.parametrize("version", ["7.10.2"], indirect=True, scope="package")
def test_the_grant_is_looked_at_before_the_secret(site: Site, version: str, path: str) -> None:
    """The old API tells a client of the wrong grant, whether or not its secret is the right one."""
    case = CASES["cc grant with a password client"]
    request = case["request"] | {"json": case["request"]["json"] | {"client_secret": "wrong"}}
    assert_as_expected(_send(site, path, request), _expected(case, version))
