"""When an access token that our key signed counts."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_oauth.compat.faults import Meaning
from crm_oauth.key_files import make_key_pair
from crm_oauth.oauth.access_tokens import MAX_LENGTH, AccessToken, AccessTokenValidator, bearer_of, jti_of
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
SECONDS = NOW.timestamp()

Check = Callable[..., AccessToken]


@pytest.fixture
def check(tmp_path: Path, sqlite_template: Path) -> Iterator[Check]:
    """Check a token of a session that lives, with these claims beside or instead of good ones."""
    pair = tmp_path / "private.key", tmp_path / "public.key"
    make_key_pair(*pair)
    keys = KeyRing(*pair)
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.db')}")
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="client"))
        stores.tokens.add(Token(access_token="jti", client="client", access_token_expires=NOW + timedelta(days=1)))

    def check(**changes: object) -> AccessToken:
        claims: dict[str, Any] = {"aud": "client", "jti": "jti", "nbf": SECONDS, "exp": SECONDS + 60}
        token = keys.sign({"typ": "JWT", "alg": "RS256"}, json.dumps(claims | changes).encode())
        with database.unit_of_work() as stores:
            return AccessTokenValidator(keys).validate(token, stores.tokens, NOW)

    yield check
    database.dispose()


@pytest.mark.parametrize(
    "times", [{"nbf": SECONDS + 60}, {"exp": SECONDS + 1}, {"nbf": int(SECONDS)}, {"exp": SECONDS + 0.5}]
)
def test_it_counts_from_its_beginning_to_its_end(check: Check, times: dict[str, float]) -> None:
    """Another node's clock may be a minute ahead of ours, and times may have fractions."""
    assert check(**times).claims["aud"] == "client"


@pytest.mark.parametrize("times", [{"nbf": SECONDS + 61}, {"exp": SECONDS}, {"exp": SECONDS - 0.5}])
def test_it_does_not_count_before_or_after(check: Check, times: dict[str, float]) -> None:
    """The second in which it expires is its end."""
    with pytest.raises(OAuthFault) as refused:
        check(**times)
    assert refused.value.fault.meaning is Meaning.BEARER_EXPIRED


def test_what_is_too_long_is_not_looked_at(check: Check) -> None:
    """A token of ours of more than 16 KiB is none, whoever signed it."""
    assert check(more="x" * (MAX_LENGTH // 2))
    with pytest.raises(OAuthFault) as refused:
        check(more="x" * MAX_LENGTH)
    assert refused.value.fault.meaning is Meaning.BEARER_WITHOUT_TWO_DOTS


@pytest.mark.parametrize(
    ("claim", "scopes"), [(["a", "b"], ["a", "b"]), ([], []), (None, []), ("a b", []), ({"a": 1}, [])]
)
def test_its_scopes(check: Check, claim: object, scopes: list[str]) -> None:
    """Scopes are a list, as league writes them; anything else is none."""
    assert check(scopes=claim).scopes == scopes


@pytest.mark.parametrize("jti", ["a\0", "\ud800", "é", "a\n", 1, None, ["a"]])
def test_its_session(jti: object) -> None:
    """What no row's identifier can be asks no database, which might not take it."""
    assert jti_of({"jti": "a"}) == "a"
    with pytest.raises(OAuthFault) as refused:
        jti_of({"jti": jti})
    assert refused.value.fault.meaning is Meaning.BEARER_REVOKED


@pytest.mark.parametrize(
    ("authorization", "token"),
    [("Bearer x", "x"), ("bearer x", "x"), (" BEARER   x ", "x"), ("Bearer", ""), ("Basic x", ""), ("x", "")],
)
def test_bearer(authorization: str, token: str) -> None:
    """The scheme is read in any case and with any blanks; another one brings no token."""
    assert bearer_of(authorization) == token


def test_no_bearer() -> None:
    """Without a header that is what is wrong."""
    with pytest.raises(OAuthFault) as refused:
        bearer_of("")
    assert refused.value.fault.meaning is Meaning.NO_BEARER
