"""Client authentication by league's precedence: the body, then the Basic header, each parameter on its own."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin

from crm_oauth.compat.client_secrets import ClientSecretVerifier
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import WireRequest
from crm_oauth.store.models import Client
from crm_oauth.store.ports import ClientStore

METHOD = "suitecrm"
"""The name under which Authlib knows this method."""


@dataclass(frozen=True)
class PresentedClient(ClientMixin):
    """A client found by the id that a request gave, and whether the request also proved its secret.

    Args:
        client: the live row.
        proved: whether the right secret was given.
    """

    client: Client
    proved: bool

    def get_client_id(self) -> str:
        """Return the client's identifier."""
        return self.client.id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  # Authlib's signature
        """Tell Authlib that the one method there is serves every endpoint."""
        return True


class ClientAuthenticator:
    """Finds the client of a request and checks its secret; what a public client may do is the pipeline's business.

    Args:
        verifier: checks secrets in equal time.
    """

    def __init__(self, verifier: ClientSecretVerifier) -> None:
        self._verifier = verifier

    def present(self, clients: ClientStore, request: WireRequest) -> PresentedClient:
        """Find the client and check its secret.

        Args:
            clients: where clients are looked up.
            request: the token request.

        Raises:
            OAuthFault: invalid_request without a usable client_id, invalid_client for an unknown one.
        """
        known = None
        for basic_id, basic_secret in _basic_forms(request.authorization):
            client_id = _first(request.parameters.get("client_id"), basic_id)
            if client_id is None:
                raise OAuthFault.invalid_request("client_id")
            secret = _first(request.parameters.get("client_secret"), basic_secret)
            client = clients.get(client_id)
            proved = self._verifier.verify(secret, client.secret if client else None)
            if client and proved:
                return PresentedClient(client, proved=True)
            known = known or client
        if known is None:
            raise OAuthFault.invalid_client()
        return PresentedClient(known, proved=False)


def claimed_client_id(request: WireRequest) -> str:
    """Return the id that a request gives, by the same precedence; "" if it gives none."""
    return request.parameters.texts.get("client_id") or _parse_basic(request.authorization)[0] or ""


def _first(body: str | None, basic: str | None) -> str | None:
    return basic if body is None else body


def _basic_forms(authorization: str) -> Iterator[tuple[str | None, str | None]]:
    """Yield the header's id and secret as they are, then form-decoded if that differs (RFC 6749 section 2.3.1)."""
    raw = _parse_basic(authorization)
    yield raw
    decoded = tuple(unquote_plus(part) if part is not None else None for part in raw)
    if decoded != raw:
        yield decoded[0], decoded[1]


def _parse_basic(authorization: str) -> tuple[str | None, str | None]:
    # As league: the scheme in this spelling only, stray characters skipped, padding optional, else no header at all.
    if not authorization.startswith("Basic "):
        return None, None
    try:
        decoded = base64.b64decode(authorization.removeprefix("Basic ") + "==").decode()
    except (binascii.Error, ValueError):
        return None, None
    client_id, colon, secret = decoded.partition(":")
    return (client_id, secret) if colon and "\0" not in decoded else (None, None)
