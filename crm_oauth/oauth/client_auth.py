"""Client authentication by league's precedence: the body, then the Basic header, each parameter on its own."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin

from crm_oauth.compat.client_secrets import verify_client_secret
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import WireRequest
from crm_oauth.recent import Recent
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import ClientStore

METHOD = "suitecrm"
"""The name under which Authlib knows this method."""

_REMEMBERED_CLIENTS = 4096


@dataclass(frozen=True)
class PresentedClient(ClientMixin):
    """A client found by the id that a request gave, and whether the request also proved its secret.

    Args:
        client: the live row.
        user: the live user whom it is associated with.
        proved: whether the right secret was given.
        recalled: whether both are what an earlier request read.
    """

    client: Client
    user: User | None
    proved: bool
    recalled: bool = False

    def get_client_id(self) -> str:
        """Return the client's identifier."""
        return self.client.id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  # Authlib's signature
        """Tell Authlib that the one method there is serves every endpoint."""
        return True


@dataclass(frozen=True, slots=True)
class _Proof:
    client: Client
    user: User | None
    digest: bytes


class ClientAuthenticator:
    """Finds the client of a request and checks its secret; what a public client may do is the pipeline's business.

    Clients that proved their secret are remembered, with the secret's digest: the next request need not read them,
    nor hash slowly. What rests on a recalled client must make sure that the row is still the same (`StaleRead`).
    """

    def __init__(self) -> None:
        self._proofs = Recent[str, _Proof](_REMEMBERED_CLIENTS)
        # Not a plain hash, so that memory that leaks tells no secret of few letters.
        self._process_key = secrets.token_bytes(32)

    def present(self, clients: ClientStore, request: WireRequest) -> PresentedClient:
        """Recall the client if it sent the very secret that it proved before; else find it and check the secret.

        Args:
            clients: where clients are looked up.
            request: the request.

        Raises:
            OAuthFault: invalid_request without a usable client_id, invalid_client for an unknown one.
        """
        known: PresentedClient | None = None
        for basic_id, basic_secret in _basic_forms(request.authorization):
            client_id = _first(request.parameters.get("client_id"), basic_id)
            if client_id is None:
                raise OAuthFault.invalid_request("client_id")
            secret = _first(request.parameters.get("client_secret"), basic_secret) or ""
            proof = self._proofs.get(client_id)
            if proof and hmac.compare_digest(proof.digest, self._digest(secret)):
                return PresentedClient(proof.client, proof.user, proved=True, recalled=True)
            client, user = clients.get_with_user(client_id) or (None, None)
            proved = verify_client_secret(secret, client.secret if client else None)
            if client and proved:
                self._remember(client, user, secret)
                return PresentedClient(client, user, proved=True)
            if client and known is None:
                known = PresentedClient(client, user, proved=False)
        if known is None:
            raise OAuthFault.invalid_client()
        return known

    def forget(self, client_id: str) -> None:
        """Have the next request of a client read its row."""
        self._proofs.forget(client_id)

    def _remember(self, client: Client, user: User | None, secret: str) -> None:
        # Without its user it is refused some grants, and nothing would tell when the user is back.
        if user is not None or not client.assigned_user_id:
            self._proofs.put(client.id, _Proof(client, user, self._digest(secret)))

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode(), key=self._process_key).digest()


def claimed_client_id(request: WireRequest) -> str:
    """Return the id that a request gives, by the same precedence; "" if it gives none.

    Of the header's it is the decoded form, which all spellings of an id share.
    """
    body = request.parameters.texts.get("client_id")
    return body or unquote_plus(_parse_basic(request.authorization)[0] or "")


def _first(body: str | None, basic: str | None) -> str | None:
    return basic if body is None else body


def _basic_forms(authorization: str) -> Iterator[tuple[str | None, str | None]]:
    """Yield the header's id and secret as they are, then form-decoded if that differs (RFC 6749 section 2.3.1)."""
    raw = _parse_basic(authorization)
    yield raw
    decoded = tuple(unquote_plus(part) if part is not None else None for part in raw)
    if decoded != raw and not any("\0" in part for part in decoded if part):
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
