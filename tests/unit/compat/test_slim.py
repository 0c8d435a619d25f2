"""Requests that no route takes are answered as Slim 3 does."""

import json
from xml.etree import ElementTree as ET

import pytest

from crm_oauth.compat import slim

NOT_ALLOWED = "Method not allowed. Must be one of: POST"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json", "application/json"),
        ("application/vnd.api+json", "application/json"),
        ("text/plain,application/json", "application/json"),
        ("text/plain, application/json", "text/html;charset=UTF-8"),  # Slim splits at the comma and trims nothing
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml;charset=UTF-8"),
        ("image/svg+xml", "application/xml"),
        ("text/html,application/json", "text/html;charset=UTF-8"),
        ("*/*", "text/html;charset=UTF-8"),
        ("", "text/html;charset=UTF-8"),
    ],
)
def test_format_follows_accept(accept: str, content_type: str) -> None:
    """The first type that Slim knows decides, spelled exactly; without one it is HTML."""
    answer = slim.method_not_allowed("GET", accept)
    assert answer.status == 405
    assert dict(answer.headers) == {"Content-Type": content_type, "Allow": "POST"}
    if "json" in content_type:
        assert json.loads(answer.body) == {"message": NOT_ALLOWED}
    elif "xml" in content_type:
        assert ET.fromstring(answer.body).findtext("message") == NOT_ALLOWED  # noqa: S314  # our own text
    else:
        assert "<title>Method not allowed</title>" in answer.body
        assert answer.body.startswith("<html>\n")


def test_options_lists_the_methods() -> None:
    """OPTIONS is told what is allowed, as plain text."""
    answer = slim.method_not_allowed("OPTIONS", "application/json")
    assert (answer.status, answer.body) == (200, "Allowed methods: POST")
    assert dict(answer.headers) == {"Content-Type": "text/plain;charset=UTF-8", "Allow": "POST"}


def test_not_found() -> None:
    """A path without a route is told as "Not found", without Allow."""
    assert slim.not_found("application/json").body == '{"message":"Not found"}'
    page = slim.not_found("text/html")
    assert (page.status, "Page Not Found" in page.body) == (404, True)
    assert "Allow" not in dict(page.headers)
