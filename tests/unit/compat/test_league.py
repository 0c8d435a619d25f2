"""The dialects put each meaning into their own words."""

import json

import pytest

from crm_oauth.compat.faults import Fault, Meaning
from crm_oauth.compat.league import Dialect

DIALECTS = ("league5", "league8", "rfc6749")


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("meaning", Meaning)
def test_every_meaning_has_words(name: str, meaning: Meaning) -> None:
    """Each dialect answers each fault with JSON, an error status, and its keys in its order."""
    answer = Dialect(name).render(Fault(meaning, "x"))
    keys = list(json.loads(answer.body))
    expected = {
        "league5": ["error", "message", "hint"],
        "league8": ["error", "error_description", "hint", "message"],
        "rfc6749": ["error", "error_description"],
    }[name]
    assert keys == [key for key in expected if key in keys]
    assert {"error"} < set(keys)
    assert answer.status >= 400
    assert answer.headers[0] == ("Content-Type", "application/json")


@pytest.mark.parametrize(
    ("name", "authorization", "challenge"),
    [
        ("league5", "", 'Basic realm="OAuth"'),
        ("league5", "Bearer x", 'Bearer realm="OAuth"'),
        ("league8", "", None),
        ("league8", "Basic x", 'Basic realm="OAuth"'),
        ("league8", "Bearer x", 'Bearer realm="OAuth"'),
        ("rfc6749", "", 'Basic realm="OAuth"'),
    ],
)
def test_challenge(name: str, authorization: str, challenge: str | None) -> None:
    """The newer league challenges only who sent a header; the scheme follows the one that was tried."""
    answer = Dialect(name).render(Fault(Meaning.INVALID_CLIENT), authorization)
    assert dict(answer.headers).get("WWW-Authenticate") == challenge


@pytest.mark.parametrize("meaning", [meaning for meaning in Meaning if "CLIENT" not in meaning.name])
def test_only_a_failed_client_is_challenged(meaning: Meaning) -> None:
    """No other fault challenges, as in league."""
    if meaning is not Meaning.GRANT_NOT_ALLOWED:
        assert "WWW-Authenticate" not in dict(Dialect("league5").render(Fault(meaning)).headers)


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("foo", "foo"),
        ("<b>", "&lt;b&gt;"),
        ("\"'", "&quot;&#039;"),
        ("a&b", "a&amp;b"),
        ("&amp;", "&amp;"),
        ("&#39;&#x27;", "&#39;&#x27;"),
        ("&nope;", "&amp;nope;"),
        ("{0}{}", "{0}{}"),
    ],
)
def test_scope_is_told_as_htmlspecialchars_would(scope: str, told: str) -> None:
    """The hint quotes the scope escaped as PHP does, quotes too, entities not twice."""
    body = json.loads(Dialect("league5").render(Fault(Meaning.INVALID_SCOPE, scope)).body)
    assert body["hint"] == f"Check the `{told}` scope"


def test_grant_mismatch_as_json_api() -> None:
    """Where the profile says so, a grant that is not the client's gets the old API's body."""
    fault = Fault(Meaning.GRANT_NOT_ALLOWED)
    assert json.loads(Dialect("league5", "json_api").render(fault).body)["errors"][0]["code"] == 6000
    assert Dialect("league5").render(fault) == Dialect("league5").render(Fault(Meaning.INVALID_CLIENT))
