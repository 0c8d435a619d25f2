"""Bad requests are refused in the dialect's words, on every database: no fault, no token, no echo."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crm_oauth.store.ports import TokenFilter
from tests.support.site import Site
from tests.wire.bad import bodies, envelopes, values
from tests.wire.bad.refusals import SECRETS, faults_of
from tests.wire.bad.request import PASSWORD, BadRequest
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, post_json

PROFILES = ["7.10.2", "7.14"]
"""A profile of each generation."""

LOOKED_UP = ("client_id", "username", "refresh_token")
"""Parameters whose values reach a database."""


@pytest.fixture(params=PROFILES)
def site(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Site]:
    """A server on each database, in each profile."""
    site = Site(tmp_path, request.param, database_url, {"WORKERS": "2", "THREADS": "4"})
    site.fill(fill_as_recorded)
    with site:
        yield site


def test_bad_values_are_refused(site: Site) -> None:
    """Whatever is looked up in a database, each bad value gets a 4xx in JSON, without a token or what was sent."""
    signed_in = post_json(site.url, TOKEN_PATH, PASSWORD).document
    refreshes = values.refreshes(signed_in["refresh_token"], signed_in["access_token"])
    batches = [*map(values.values, LOOKED_UP), values.look_alikes(), refreshes, envelopes.authorizations()]
    _assert_refused(site, batches, 1)
    redeemed = PASSWORD | {"grant_type": "refresh_token", "refresh_token": signed_in["refresh_token"]}
    assert post_json(site.url, TOKEN_PATH, redeemed).status == 200, "the token is not good after all its manglings"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_bad_requests_are_refused(site: Site) -> None:
    """So does each of hundreds that bring no database any text but good ones, for which one database is enough."""
    batches = [
        *(values.values(name) for name in values.PARAMETERS if name not in LOOKED_UP),
        values.missing(),
        values.duplicates(),
        values.grants(),
        bodies.json_bodies(),
        bodies.media_types(),
        bodies.xml_bodies(),
        bodies.multipart_bodies(),
        bodies.large_bodies(),
        envelopes.methods(),
        envelopes.paths(),
    ]
    _assert_refused(site, batches, 0)


def _assert_refused(site: Site, batches: Sequence[Iterable[BadRequest]], signed_in: int) -> None:
    with ThreadPoolExecutor(4) as threads:
        results = threads.map(lambda batch: list(faults_of(site.port, batch)), batches)
        faults = [fault for found in results for fault in found]
    assert not faults, "\n".join(faults)
    _assert_rows(site, len(batches) + signed_in)
    _assert_log_is_clean(site.log)


def _assert_rows(site: Site, signed_in: int) -> None:
    """The good requests made rows, and nothing else did."""
    with site.database.unit_of_work() as stores:
        rows = stores.tokens.list(TokenFilter(), limit=1000)
    assert len(rows) == signed_in


def _assert_log_is_clean(log: str) -> None:
    assert "Traceback" not in log, log[-5000:]
    assert "unexpected fault" not in log, log[-5000:]
    assert [secret for secret in SECRETS if secret in log] == []
