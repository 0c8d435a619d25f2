"""Every way to send good parameters gets a token."""

import json
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import pytest

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.oauth.wire import MAX_BODY
from crm_oauth.profiles import load_profile
from crm_oauth.store.models import Client
from crm_oauth.store.ports import Repositories
from tests.support.site import Site
from tests.wire.bad.request import CREDENTIALS, MULTIPART, multipart_body
from tests.wire.conftest import PROFILES, fill_as_recorded
from tests.wire.exchange import Received, claims_of, send

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATHS = load_profile("7.10.2").endpoint.paths
GRANT = b"grant_type=client_credentials"

# Id and secret of a client, each with what a header or an encoding may trip over.
ODD_CLIENTS = {
    "colon-client": "a:b:c",
    "plus+client": "a+b c",
    "percent-client": "100%25 a%2",
    "caf\u00e9-client": "gr\u00fc\u00df \u20ac \U0001f600",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server behind a proxy that it trusts, with clients of odd names."""
    site = Site(tmp_path_factory.mktemp("bodies"), "7.10.2", settings={"TRUSTED_PROXIES": "127.0.0.1"})
    site.fill(_fill)
    with site:
        yield site


def _fill(repositories: Repositories) -> None:
    fill_as_recorded(repositories)
    for client_id, secret in ODD_CLIENTS.items():
        stored = hash_client_secret(secret, "sha256")
        client = Client(id=client_id, name="odd", secret=stored, allowed_grant_type="client_credentials")
        repositories.clients.add(client)


def _post(site: Site, headers: dict[str, str], body: bytes, path: str = "/Api/access_token") -> Received:
    return send(site.url, "POST", path, headers, body)


def _assert_granted(received: Received, client_id: str = CREDENTIALS["client_id"]) -> None:
    assert received.status == 200, received.body
    assert claims_of(received.document["access_token"])["aud"] == client_id


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/vnd.api+json",
        "text/x+json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/vnd.api+json;charset=UTF-8; profile=x",
        "application/json , text/plain",
    ],
)
def test_json(site: Site, media_type: str) -> None:
    """JSON is read under its own type and under any that ends in +json, whatever case and parameters these have."""
    _assert_granted(_post(site, {"Content-Type": media_type}, json.dumps(CREDENTIALS).encode()))


@pytest.mark.parametrize("media_type", ["", "; charset=UTF-8", ";charset=iso-8859-1"])
def test_form(site: Site, media_type: str) -> None:
    """A form is read, whatever charset it names: SuiteCRM reads UTF-8 always."""
    _assert_granted(_post(site, {"Content-Type": FORM["Content-Type"] + media_type}, urlencode(CREDENTIALS).encode()))


def test_multipart(site: Site) -> None:
    """Multipart is read, as PHP's curl sends it when it is given an array."""
    _assert_granted(_post(site, MULTIPART, multipart_body(CREDENTIALS.items())))


@pytest.mark.parametrize(
    ("headers", "body"),
    [(JSON, json.dumps(CREDENTIALS).encode()), (FORM, urlencode(CREDENTIALS).encode())],
    ids=["json", "form"],
)
def test_chunks(site: Site, headers: dict[str, str], body: bytes) -> None:
    """A body in chunks of a few bytes is read whole."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
    pieces = (body[start : start + 7] for start in range(0, len(body), 7))
    connection.request("POST", PATHS[0], pieces, headers | {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    response = connection.getresponse()
    received = Received(response.status, {}, response.read().decode())
    connection.close()
    _assert_granted(received)


def test_longest_body(site: Site) -> None:
    """A body of 64 KiB is read by a server as it runs: nothing on its way cuts it or refuses it."""
    _assert_granted(_post(site, JSON, json.dumps(CREDENTIALS).encode().ljust(MAX_BODY)))


def _basic(client_id: str, secret: str) -> dict[str, str]:
    return FORM | {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


@pytest.mark.parametrize("client_id", ODD_CLIENTS)
def test_basic_raw(site: Site, client_id: str) -> None:
    """A Basic header with id and secret as they are is read, as SuiteCRM does."""
    _assert_granted(_post(site, _basic(client_id, ODD_CLIENTS[client_id]), GRANT), client_id)


@pytest.mark.parametrize("client_id", ODD_CLIENTS)
def test_basic_form_decoded(site: Site, client_id: str) -> None:
    """A Basic header with id and secret form-encoded is read too, as RFC 6749 section 2.3.1 has it."""
    headers = _basic(quote_plus(client_id), quote_plus(ODD_CLIENTS[client_id]))
    _assert_granted(_post(site, headers, GRANT), client_id)


@pytest.mark.parametrize("form", ["{}", "{}=", "  {}==", "*{}==", "{}== "])
def test_basic_as_php_decodes_it(site: Site, form: str) -> None:
    """Base64 without its padding, or with stray characters, is decoded, as PHP does."""
    encoded = b64encode(b"cc-client:cc-secret").decode().rstrip("=")
    _assert_granted(_post(site, FORM | {"Authorization": f"Basic {form.format(encoded)}"}, GRANT))


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_body_wins_over_basic(site: Site, name: str) -> None:
    """Id and secret of the body each win over their own half of the header."""
    halves = {half: CREDENTIALS[half] for half in ("client_id", "client_secret")}
    header = halves | {name: "nobody's"}
    body = urlencode({"grant_type": "client_credentials", name: halves[name]}).encode()
    _assert_granted(_post(site, _basic(header["client_id"], header["client_secret"]), body))


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "x", "\0", "x" * 10_000, [], [[1]], {}, {"a": {"b": None}}])
def test_undeclared_parameters(site: Site, value: object) -> None:
    """A parameter that the grant does not read may have any value."""
    parameters = CREDENTIALS | {"username": value, "x": value, "__proto__": value, "": value, "a\0": value}
    _assert_granted(_post(site, JSON, json.dumps(parameters).encode()))


def test_null_counts_as_missing(site: Site) -> None:
    """A null in JSON is as good as nothing: the header's value is taken."""
    parameters = CREDENTIALS | {"client_id": None, "client_secret": None, "scope": None, "redirect_uri": None}
    headers = _basic("cc-client", "cc-secret") | JSON
    _assert_granted(_post(site, headers, json.dumps(parameters).encode()))


def test_equal_duplicates(site: Site) -> None:
    """A parameter that is sent twice with the same value passes, in each kind of body."""
    pairs = [*CREDENTIALS.items(), *CREDENTIALS.items()]
    members = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    _assert_granted(_post(site, JSON, f"{{{members}}}".encode()))
    _assert_granted(_post(site, FORM, urlencode(pairs).encode()))
    _assert_granted(_post(site, MULTIPART, multipart_body(pairs)))


def test_any_text_in_any_body(site: Site) -> None:
    """Text beyond ASCII means the same in each kind of body."""
    for client_id, client_secret in ODD_CLIENTS.items():
        parameters = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        escaped, raw = json.dumps(parameters), json.dumps(parameters, ensure_ascii=False)
        _assert_granted(_post(site, JSON, escaped.encode()), client_id)
        _assert_granted(_post(site, JSON, raw.encode()), client_id)
        _assert_granted(_post(site, FORM, urlencode(parameters).encode()), client_id)
        _assert_granted(_post(site, MULTIPART, multipart_body(parameters.items())), client_id)


@pytest.mark.parametrize("path", [*PATHS, "/%41pi/access_token", "/Api%2faccess_token", "//Api/access_token"])
def test_paths(site: Site, path: str) -> None:
    """Every path that ever was the token endpoint is, however it is spelled."""
    _assert_granted(_post(site, JSON, json.dumps(CREDENTIALS).encode(), path))


def test_every_profile_has_the_same_paths() -> None:
    """The paths above are those of every profile."""
    assert all(load_profile(name).endpoint.paths == PATHS for name in PROFILES.values())


@pytest.mark.parametrize("path", ["/Api/access_token", "/crm/Api/access_token"])
def test_path_prefix(site: Site, path: str) -> None:
    """A trusted proxy may name a prefix, whether it cuts it off the path or leaves it on."""
    headers = JSON | {"X-Forwarded-Prefix": "/crm"}
    _assert_granted(_post(site, headers, json.dumps(CREDENTIALS).encode(), path))


def test_path_prefix_from_a_stranger(tmp_path: Path) -> None:
    """A prefix that no trusted proxy sends changes nothing."""
    headers = JSON | {"X-Forwarded-Prefix": "/crm", "SCRIPT_NAME": "/crm"}
    site = Site(tmp_path, "7.10.2", settings={"TRUSTED_PROXIES": "192.0.2.1"})
    site.fill(fill_as_recorded)
    with site:
        body = json.dumps(CREDENTIALS).encode()
        _assert_granted(_post(site, headers, body))
        assert _post(site, headers, body, "/crm/Api/access_token").status == 404
