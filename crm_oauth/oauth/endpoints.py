"""Introspection (RFC 7662) and revocation (RFC 7009): Authlib's endpoints over our tokens."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from crm_oauth.oauth import client_auth
from crm_oauth.oauth.access_tokens import AccessTokenValidator, jti_of
from crm_oauth.oauth.client_auth import PresentedClient
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import Origin, WireRequest
from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.ports import Session, TokenFilter, TokenStore

if TYPE_CHECKING:
    from crm_oauth.oauth.server import CrmAuthorizationServer

_HEADERS = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]

Response = tuple[int, dict[str, Any], list[tuple[str, str]]]


class _TokenInquiry:
    """What both endpoints share: who asks, and which token is meant.

    Hints are not needed, and unknown ones ignored, as RFC 7009 asks: a JWT has dots, a refresh token has none.
    """

    CLIENT_AUTH_METHODS = (client_auth.METHOD,)
    CONFIDENTIAL_ONLY: bool
    server: "CrmAuthorizationServer"

    def __init__(self, server: "CrmAuthorizationServer", validator: AccessTokenValidator) -> None:
        self.server = server
        self._validator = validator

    @property
    def _tokens(self) -> TokenStore:
        return self.server.repositories().tokens

    def _authenticate(self, request: WireRequest) -> PresentedClient:
        presented = cast(
            "PresentedClient", self.server.authenticate_client(request, self.CLIENT_AUTH_METHODS, "inquiry")
        )
        request.client = presented
        # No statement that follows is guarded by what the client was.
        self.server.require_unchanged(presented)
        self.server.require_proof(request, presented, confidential_only=self.CONFIDENTIAL_ONLY)
        return presented


class Revocation(_TokenInquiry, RevocationEndpoint):
    """Revokes the pair of either token, and with it the line of sessions; only its own client may."""

    CONFIDENTIAL_ONLY = False

    def create_endpoint_response(self, request: WireRequest) -> Response:  # type: ignore[override]  # typeshed says str
        """Revoke the token if it is the client's; the answer is the same if it is not."""
        client_id = self._authenticate(request).get_client_id()
        text = request.parameters.require("token")
        # An expired or used token still names its line of sessions, whose youngest may live.
        with suppress(OAuthFault):
            which = TokenFilter(access_token=self._jti(text), client_id=client_id)
            revoked = self._tokens.revoke(which, now=datetime.now(UTC))
            if revoked:
                self._note(client_id, revoked, request.origin)
        return 200, {}, _HEADERS

    def _note(self, client_id: str, revoked: int, origin: Origin) -> None:
        entry = AuditEntry(
            "token_revoked",
            f"sessions revoked: {revoked}",
            client_id=client_id,
            address=origin.address,
            request_id=origin.request_id,
        )
        self.server.repositories().audit.append([entry])

    def _jti(self, text: str) -> str:
        if "." in text:
            return jti_of(self._validator.read(text))
        return self.server.decode_refresh_token(text).access_token_id


class Introspection(_TokenInquiry, IntrospectionEndpoint):
    """Tells whether a token counts, to its own client and to resource servers."""

    CONFIDENTIAL_ONLY = True

    def create_endpoint_response(self, request: WireRequest) -> Response:  # type: ignore[override]  # typeshed says str
        """Describe a good token; say nothing but "inactive" about every other."""
        presented = self._authenticate(request)
        text = request.parameters.require("token")
        try:
            described = self._access_token(text) if "." in text else self._refresh_token(text)
        except OAuthFault:
            return 200, {"active": False}, _HEADERS
        if described["client_id"] != presented.get_client_id() and not self._may_see_all(presented):
            return 200, {"active": False}, _HEADERS
        return 200, {"active": True, **described}, _HEADERS

    def _may_see_all(self, presented: PresentedClient) -> bool:
        return self.server.repositories().clients.may_introspect(presented.client)

    def _access_token(self, text: str) -> dict[str, Any]:
        token = self._validator.validate(text, self._tokens, datetime.now(UTC))
        return {
            **_describe(token.session, token.scopes),
            "token_type": "Bearer",
            "exp": token.claims["exp"],
            "iat": token.claims.get("iat"),
            "nbf": token.claims["nbf"],
        }

    def _refresh_token(self, text: str) -> dict[str, Any]:
        claims = self.server.decode_refresh_token(text)
        session, now = self._tokens.find_session(claims.access_token_id), datetime.now(UTC)
        if (
            session is None
            or session.refresh_token != claims.refresh_token_id
            or session.client_id != claims.client_id
            or claims.expire_time < now.timestamp()
            or not session.refresh_token_is_good(now)
        ):
            raise OAuthFault.refresh_token_revoked()
        return {
            **_describe(session, claims.scopes),
            "token_type": "refresh_token",
            "exp": claims.expire_time,
        }


def _describe(session: Session, scopes: Iterable[str]) -> dict[str, Any]:
    return {
        "client_id": session.client_id,
        "scope": " ".join(scopes),
        "sub": session.user_id,
        "aud": session.client_id,
        "jti": session.access_token,
        "username": session.user.user_name if session.user else "",
    }
