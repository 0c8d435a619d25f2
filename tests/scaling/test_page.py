"""The tables and the example of docs/scaling.md."""

import re
import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import RSAKey

from bench.scaling import replaced, tables
from tests.support.site import Site
from tests.wire.bad.request import PASSWORD
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import claims_of, post_json

from .partitioning import PAGE


def test_tables_follow_from_the_figures() -> None:
    """Each table of costs, sizes and growth is what the measured figures make of it."""
    assert replaced(PAGE, tables()) == PAGE, "run: python -m bench.scaling"


def test_tokens_are_checked_by_the_keys_alone(tmp_path: Path) -> None:
    """The example takes a token of the server's while it has not expired, and no other."""
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    site = Site(tmp_path, "7.14")
    site.fill(fill_as_recorded)
    names: dict[str, object] = {}
    with site:
        exec(compile(example.replace("http://127.0.0.1:8000", site.url), "scaling.md", "exec"), names)  # noqa: S102  # our own page
        token = post_json(site.url, "/Api/access_token", PASSWORD).document["access_token"]
    user_of = names["user_of"]
    assert callable(user_of)
    claims = claims_of(token)
    assert user_of(token) == claims["sub"]
    with pytest.raises(JoseError):
        user_of(jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048)))
    signer = RSAKey.import_key((tmp_path / "var/keys/private.key").read_text())
    header = {"alg": "RS256", "kid": signer.thumbprint()}
    with pytest.raises(ExpiredTokenError):
        user_of(jwt.encode(header, claims | {"exp": int(time.time()) - 60}, signer))
