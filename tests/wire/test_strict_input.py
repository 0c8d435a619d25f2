"""Bad requests are refused in the dialect's words, on every database: no fault, no token, no echo."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from crm_oauth.store.ports import TokenFilter
from tests.support.site import Site
from tests.wire.bad import bodies, envelopes, values
from tests.wire.bad.request import CREDENTIALS, PASSWORD, SECRET_MARK, TEXT_MARK, TOKEN_PATH, BadRequest, json_request
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import Received, post_json

_SECRETS = (SECRET_MARK, "pw-secret", "cc-secret", "admin-pw", "def50200", "eyJ0eXAi")
_MARKUP = ("<script", "<b>")
_JSON_TYPES = ("application/json", "application/vnd.api+json")


@pytest.fixture(params=["7.10.2", "7.14"])
def site(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Site]:
    """A server on each database, in a profile of each generation."""
    site = Site(tmp_path, request.param, database_url, {"WORKERS": "2", "THREADS": "4"})
    site.fill(fill_as_recorded)
    with site:
        yield site


def test_bad_requests_are_refused(site: Site) -> None:
    """Hundreds of bad requests get a 4xx in JSON, without a token or what was sent; good ones still pass."""
    signed_in = post_json(site.url, TOKEN_PATH, PASSWORD).document
    refreshes = values.refreshes(signed_in["refresh_token"], signed_in["access_token"])
    batches: list[Iterable[BadRequest]] = [
        *map(values.values, values.PARAMETERS),
        values.missing(),
        values.duplicates(),
        values.look_alikes(),
        values.grants(),
        refreshes,
        bodies.json_bodies(),
        bodies.media_types(),
        bodies.xml_bodies(),
        bodies.multipart_bodies(),
        bodies.large_bodies(),
        envelopes.authorizations(),
        envelopes.methods(),
        envelopes.paths(),
    ]
    with ThreadPoolExecutor(4) as threads:
        results = threads.map(lambda batch: list(_faults_of_batch(site, batch)), batches)
        faults = [fault for found in results for fault in found]
    assert not faults, "\n".join(faults)
    redeemed = PASSWORD | {"grant_type": "refresh_token", "refresh_token": signed_in["refresh_token"]}
    assert post_json(site.url, TOKEN_PATH, redeemed).status == 200, "the token is not good after all its manglings"
    _assert_rows(site, len(batches) + 1)
    _assert_log_is_clean(site.log)


def _faults_of_batch(site: Site, batch: Iterable[BadRequest]) -> Iterator[str]:
    """Send a batch over one connection, then a good request."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
    for request in batch:
        try:
            received = _send(connection, request)
        except (OSError, HTTPException) as error:
            connection.close()
            yield f"{request.name}: no answer: {error!r}"
        else:
            if wrong := _wrong(request, received):
                yield f"{request.name}: {wrong}: {received}"
    if _send(connection, json_request("a good one", CREDENTIALS)).status != 200:
        yield f"{request.name}: a good request after it is refused"
    connection.close()


def _send(connection: HTTPConnection, request: BadRequest) -> Received:
    headers = {"Accept": "application/json", **request.headers}
    if request.chunked:
        headers["Transfer-Encoding"] = "chunked"
        pieces = (request.body[start : start + 4096] for start in range(0, len(request.body), 4096))
        connection.request(request.method, request.path, pieces, headers, encode_chunked=True)
    else:
        connection.request(request.method, request.path, request.body, headers)
    response = connection.getresponse()
    received = {name.lower(): value for name, value in response.getheaders()}
    return Received(response.status, received, response.read().decode())


def _wrong(request: BadRequest, received: Received) -> str:
    if not 400 <= received.status < 500:
        return "no refusal"
    if request.name.startswith("too long") and received.status != 413:
        return "not told that it is too long"
    if received.headers.get("content-type") not in _JSON_TYPES or "set-cookie" in received.headers:
        return "no plain JSON"
    if request.method == "HEAD":
        return ""
    if not received.body.startswith('{"'):
        return "no JSON object"
    told = (*_MARKUP, *_SECRETS, "access_token", "Traceback") + (() if request.quoted else (TEXT_MARK,))
    return next((f"tells {text!r}" for text in told if text in received.body), "")


def _assert_rows(site: Site, signed_in: int) -> None:
    """The good requests made rows, and nothing else did."""
    with site.database.unit_of_work() as stores:
        rows = stores.tokens.list(TokenFilter(), limit=1000)
    assert len(rows) == signed_in


def _assert_log_is_clean(log: str) -> None:
    assert "Traceback" not in log, log[-5000:]
    assert "unexpected fault" not in log, log[-5000:]
    assert [secret for secret in _SECRETS if secret in log] == []
