"""What clients meet at the server's public address: whether the front end there passes on what it must."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from ssl import SSLCertVerificationError
from urllib.parse import urlencode, urlsplit

from crm_oauth.cli.checks import Finding
from crm_oauth.faults import StartupError
from crm_oauth.observe.request_ids import HEADER as REQUEST_ID_HEADER
from crm_oauth.profiles import Profile, load_profile
from crm_oauth.settings import PREFIX, Settings

_TIMEOUT = 10  # seconds
_BEARER = "Bearer " + 64 * "crm-oauth-doctor-asks-whether-a-long-bearer-gets-through-to-it.."  # 4 KB
_METADATA = "/.well-known/oauth-authorization-server"
_FORGED = "forged.invalid"
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer over HTTP; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_ours(self) -> bool:
        """Tell whether crm-oauth gave it, not what stands in front or beside."""
        return REQUEST_ID_HEADER.lower() in self.headers


def examine_front(url: str) -> Iterator[Finding]:
    """Ask as a client would, with a secret that is none.

    Args:
        url: the server's public address, with the folder that it lives in.
    """
    url = url.rstrip("/")
    try:
        profile = load_profile(Settings.load().profile)
    except StartupError:  # told by the other checks
        return
    try:
        yield _encryption(url)
        yield from _token_endpoint(url, profile)
        yield from _address(url)
    except SSLCertVerificationError as error:
        detail = f"{url} shows a certificate that clients refuse: {error.verify_message}"
        yield Finding("tls", "fault", detail + _unread_authority())
    except (OSError, HTTPException) as error:
        yield Finding("front end", "fault", f"{url} does not answer: {error or type(error).__name__}")


def _unread_authority() -> str:
    """Say that a file of certificates cannot be read; OpenSSL does not."""
    file = os.environ.get("SSL_CERT_FILE")
    if not file or os.access(file, os.R_OK):
        return ""
    return f". {file}, which SSL_CERT_FILE names, cannot be read by this account"


def _encryption(url: str) -> Finding:
    if urlsplit(url).scheme == "https":
        _ask(url, "GET", _METADATA, {})
        return Finding("tls", "ok", "the certificate is good")
    if _is_this_machine(urlsplit(url).hostname or ""):
        return Finding("tls", "ok", "none, and none is needed on this machine")
    return Finding("tls", "fault", f"{url} is not encrypted, and every request carries a secret")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token_endpoint(url: str, profile: Profile) -> Iterator[Finding]:
    """Fail as a client, which all grants do alike, and see by the challenge whether the header arrived."""
    path, grant = profile.endpoint.paths[0], profile.grants[0]
    form = {"grant_type": grant, "client_id": "crm-oauth-doctor", "client_secret": "none"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": _BEARER}
    answer = _ask(url, "POST", path, headers, urlencode(form))
    if not answer.is_ours:
        yield Finding("token endpoint", "fault", f"{url}{path} is not answered by crm-oauth but with {_told(answer)}")
        return
    yield Finding("token endpoint", "ok", f"{url}{path} is crm-oauth's")
    if answer.status == _TOO_MANY:
        detail = f"cannot be told now: there were too many tries; wait {answer.headers.get('retry-after', 'some')} s"
        yield Finding("authorization header", "warning", detail)
    elif answer.headers.get("www-authenticate", "").startswith("Bearer"):
        yield Finding("authorization header", "ok", f"it arrives, with {len(_BEARER)} characters")
    else:
        detail = (
            "it does not arrive, so no bearer is ever good: have the front end pass it on; Apache's mod_wsgi wants"
            " WSGIPassAuthorization On, FastCGI and php-cgi have words of their own"
        )
        yield Finding("authorization header", "fault", detail)


def _address(url: str) -> Iterator[Finding]:
    """See which address the server takes for its own, when a client claims another one."""
    forged = {"X-Forwarded-Host": _FORGED, "X-Forwarded-Prefix": "/" + _FORGED, "Forwarded": f"host={_FORGED}"}
    answer = _ask(url, "GET", _METADATA, forged)
    if not answer.is_ours:
        detail = f"{url}{_METADATA} is not passed on: {_told(answer)}"
        yield Finding("address", "warning", detail)
        return
    issuer = str(_document(answer).get("issuer", ""))
    if _FORGED in issuer:
        detail = "it passes on X-Forwarded-* headers that clients made up; have it overwrite them"
        yield Finding("forwarded headers", "fault", detail)
    elif issuer == url:
        yield Finding("address", "ok", f"the server knows itself as {issuer}")
    else:
        detail = (
            f"the server takes itself for {issuer}, not {url}: set {PREFIX}PUBLIC_URL, or have the front end send"
            f" X-Forwarded-Proto, -Host and -Prefix and name it in {PREFIX}TRUSTED_PROXIES"
        )
        yield Finding("address", "warning", detail)


def _document(answer: _Answer) -> dict[str, object]:
    try:
        return dict(json.loads(answer.body))
    except ValueError:
        return {}


def _told(answer: _Answer) -> str:
    place = answer.headers.get("location", "")
    return f"status {answer.status}" + (f" and Location: {place}" if place else "")


def _ask(url: str, method: str, path: str, headers: Mapping[str, str], body: str | None = None) -> _Answer:
    address = urlsplit(url)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=_TIMEOUT)
    try:
        connection.request(method, address.path + path, body, dict(headers))
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return _Answer(response.status, told, response.read())
    finally:
        connection.close()
