"""Guessing at a running server of several processes, by way of each place where failures may be counted."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from crm_oauth.store.audit_entries import AuditFilter
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, send

CLIENT = {"client_id": "pw-client", "client_secret": "pw-secret"}
MACHINE = {"client_id": "cc-client", "client_secret": "cc-secret", "grant_type": "client_credentials"}
ID = MACHINE["client_id"]
WORKERS = 2
GUESSES = 500
DEFAULTS = {"GUESSES_PER_USER": "", "GUESSES_PER_CLIENT": "", "GUESSES_PER_ADDRESS": ""}


@pytest.fixture(params=["sqlite", "mariadb", "postgresql", "redis"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A running server with two processes and the limits that are set by default."""
    url, settings = None, {"WORKERS": str(WORKERS), "THREADS": "8", **DEFAULTS}
    if request.param == "redis":
        settings["REDIS_URL"] = request.getfixturevalue("redis_server").url
    elif request.param != "sqlite":
        url = request.getfixturevalue(f"{request.param}_server").new_database()
    site = Site(tmp_path, "7.10.2", url, settings)
    site.fill(fill_as_recorded)
    with site:
        yield site


def ask(site: Site, parameters: dict[str, str], address: str = "127.0.0.1", number: int = 0) -> tuple[int, str, str]:
    """Ask for a token from an address of this machine, with forged headers about another one."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60, source_address=(address, 0))
    forged = f"198.51.100.{number % 250}"
    headers = {
        "Content-Type": "application/json",
        "X-Forwarded-For": forged,
        "X-Real-IP": forged,
        "Forwarded": f"for={forged}",
    }
    try:
        connection.request("POST", TOKEN_PATH, json.dumps(parameters), headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Retry-After", ""), answer.read().decode()
    finally:
        connection.close()


def sign_in(password: str, user_name: str = "admin") -> dict[str, str]:
    """Return the parameters of a password grant."""
    return CLIENT | {"grant_type": "password", "username": user_name, "password": password}


def test_guesses_cannot_outrun_the_count(site: Site) -> None:
    """Of 500 guesses at once no more than ten and one a process are checked, and the user gets in from elsewhere."""
    unknown = ask(site, sign_in("wrong", "nobody"), "127.0.0.3")
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda number: ask(site, sign_in(f"guess-{number}"), number=number), range(GUESSES)))
    bodies = {body for status, _, body in answers if status != 429}
    assert bodies == {unknown[2]}
    assert {status for status, _, _ in answers} == {unknown[0], 429}
    assert all(int(retry_after) > 0 for status, retry_after, _ in answers if status == 429)
    # Not even with the right password, but from elsewhere; and machines, whose secrets nobody guessed at, go on.
    assert ask(site, sign_in("admin-pw"))[0] == 429
    assert ask(site, sign_in("admin-pw"), "127.0.0.2")[0] == 200
    assert ask(site, MACHINE)[0] == 200
    site.__exit__()
    with site.database.unit_of_work() as stores:
        trail = stores.audit.search(AuditFilter(address="127.0.0.1"), limit=2 * GUESSES)
    told = Counter(record.entry.detail for record in trail)
    assert 10 <= told["invalid_credentials"] <= 10 + WORKERS
    assert told["backing_off"] > 0
    assert told["too_many_requests"] > GUESSES / 2


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_spellings_of_a_client_s_id(site: Site) -> None:
    """Ids of a Basic header that are spelled by percent signs, each in another way, share one count."""
    answers = []
    for number in range(60):
        coded = "".join(f"%{ord(letter):02x}" if number >> place & 1 else letter for place, letter in enumerate(ID))
        basic = b64encode(f"{coded}:guess-{number}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        answers.append(send(site.url, "POST", TOKEN_PATH, headers, b"grant_type=client_credentials").status)
    assert answers.count(401) <= 20 + WORKERS * 8
    assert answers[-1] == 429


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_guessing_at_a_client(site: Site) -> None:
    """Wrong secrets of a client end in 429, for this client at this address only."""
    answers = [ask(site, MACHINE | {"client_secret": f"guess-{number}"})[0] for number in range(60)]
    assert answers.count(401) <= 20 + WORKERS * 8
    assert answers[-1] == 429
    assert ask(site, MACHINE, "127.0.0.2")[0] == 200
    assert ask(site, sign_in("admin-pw"))[0] == 200
