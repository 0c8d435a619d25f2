"""A grant from an outside package takes part as the built-in ones do, where a profile turns it on."""

import json
from typing import Any

import pytest

from tests.support.site import Site
from tests.wire.exchange import claims_of, post_json

WITH_THE_GRANT = pytest.mark.parametrize("profile", ["with the grant"], indirect=True)
SHIPPED = pytest.mark.parametrize("profile", ["shipped"], indirect=True)
CARD = {"grant_type": "urn:example:params:oauth:grant-type:staff-card", "card_number": "0042-7731"}


def _ask(site: Site, parameters: dict[str, str]) -> dict[str, Any]:
    return post_json(site.url, "/Api/access_token", parameters).document


@WITH_THE_GRANT
def test_token(site: Site, till: dict[str, str]) -> None:
    """A client made for the outside grant gets a token over HTTP that acts for the card's holder."""
    answer = _ask(site, CARD | till)
    assert list(answer) == ["token_type", "expires_in", "access_token"], answer
    claims = claims_of(answer["access_token"])
    [holder] = json.loads(site.command("users", "list", "--json").stdout)
    assert (claims["aud"], claims["sub"]) == (till["client_id"], holder["id"])


@WITH_THE_GRANT
def test_pipeline(site: Site, till: dict[str, str]) -> None:
    """The shared steps guard the outside grant: secret, allowed grant, declared parameter, the grant's own refusal."""
    assert _ask(site, CARD | till | {"client_secret": "wrong"})["error"] == "invalid_client"
    made = site.command("clients", "add", "--name", "Other", "--grant", "password", "--json")
    other = json.loads(made.stdout)
    mismatch = _ask(site, CARD | {"client_id": other["id"], "client_secret": other["secret"]})
    assert "GrantTypeNotAllowedForClient" in mismatch["errors"][0]["title"]
    assert _ask(site, {"grant_type": CARD["grant_type"]} | till)["hint"] == "Check the `card_number` parameter"
    assert _ask(site, CARD | till | {"card_number": "0"})["error"] == "invalid_credentials"


@WITH_THE_GRANT
def test_an_error_of_authlibs(site: Site, till: dict[str, str]) -> None:
    """A grant may refuse by an error of the framework's: its words arrive in the dialect, and no token."""
    received = post_json(site.url, "/Api/access_token", CARD | till | {"card_number": "0042-0001"})
    assert received.status == 400
    assert received.document == {"error": "invalid_grant", "message": "This card was reported lost."}
    [*_, last] = [json.loads(line) for line in site.log.splitlines()]
    assert (last["event"], last["refusal"]) == ("token refused", "invalid_grant")


@WITH_THE_GRANT
def test_user_whom_the_database_does_not_have(site: Site, till: dict[str, str]) -> None:
    """A grant that names a user who is no row gets no token: a server_error, and one plain line that says why."""
    before = len(site.log.splitlines())
    received = post_json(site.url, "/Api/access_token", CARD | till | {"card_number": "0000-0000"})
    assert (received.status, received.document["error"]) == (500, "server_error")
    assert "retry-after" not in received.headers
    lines = [json.loads(line) for line in site.log.splitlines()[before:]]
    [fault] = [line for line in lines if line["level"] == "error"]
    assert fault["event"] == "a grant named a user whom the database does not have"
    assert (fault["grant_type"], fault["user_id"]) == (CARD["grant_type"], "guest")
    assert fault["request_id"] == received.headers["x-request-id"]
    assert _ask(site, CARD | till)["token_type"] == "Bearer"


@WITH_THE_GRANT
def test_shown_with_its_origin(site: Site, profile: str) -> None:
    """The command line names the distribution and version that the outside grant comes from."""
    shown = json.loads(site.command("profile", "show", profile, "--json").stdout)
    assert shown["providers"][0] == {
        "grant": "staff_card",
        "class": "sample_grant:StaffCardGrant",
        "distribution": "sample-grant",
        "version": "1.2.3",
    }
    assert site.command("profile", "check", profile).returncode == 0


@SHIPPED
def test_off_unless_named(site: Site, till: dict[str, str]) -> None:
    """An installed grant that the profile does not name is not there."""
    assert _ask(site, CARD | till)["error"] == "unsupported_grant_type"
