"""Authlib's authorization server, wired to our request, our tokens, our stores and our dialects."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError
from flask import Request, Response
from structlog import get_logger

from crm_oauth.compat.answer import Answer
from crm_oauth.compat.faults import Fault, Meaning
from crm_oauth.compat.league import Dialect
from crm_oauth.compat.php_json import dumps
from crm_oauth.compat.refresh_codec import RefreshClaims, RefreshTokenError
from crm_oauth.oauth import client_auth
from crm_oauth.oauth.client_auth import ClientAuthenticator, PresentedClient
from crm_oauth.oauth.encryption import RefreshTokenKeys
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.grant import Grant
from crm_oauth.oauth.guard import PipelineGuard
from crm_oauth.oauth.outcome import Observer, outcome_of
from crm_oauth.oauth.responses import response_of
from crm_oauth.oauth.reuse import ReusePolicy
from crm_oauth.oauth.tokens import IssuedToken, TokenIssuer
from crm_oauth.oauth.wire import Origin, Parameters, WireRequest
from crm_oauth.profiles import Profile
from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.ports import Repositories, StaleRead, TokenFilter, UnknownOwner

_log = get_logger(__name__)


class CrmAuthorizationServer(AuthorizationServer):
    """The token endpoint of one profile.

    Args:
        profile: what is on, and every difference between versions.
        issuer: makes the token pair.
        codec: reads refresh tokens.
        authenticator: checks clients.
        reuse: decides about used refresh tokens.
        repositories: gives the stores of the request's unit of work.
        after_refusal: has something done although the request is refused and rolled back.
        guard: limits guesses and tokens.
        tell: is told each outcome, before it is committed.
    """

    def __init__(  # noqa: PLR0913  # the composition root names each part
        self,
        *,
        profile: Profile,
        issuer: TokenIssuer,
        codec: RefreshTokenKeys,
        authenticator: ClientAuthenticator,
        reuse: ReusePolicy,
        repositories: Callable[[], Repositories],
        after_refusal: Callable[[Callable[[Repositories], object]], None],
        guard: PipelineGuard,
        tell: Observer,
    ) -> None:
        super().__init__()
        self.profile = profile
        self.repositories = repositories
        self.issuer = issuer
        self.reuse = reuse
        self.guard = guard
        self.dialect = Dialect(profile.errors.dialect, profile.errors.grant_mismatch)
        self._after_refusal = after_refusal
        self._codec = codec
        self._authenticator = authenticator
        self._tell = tell
        self.grant_types: set[str] = set()
        # Authlib's base class, not its Flask one, whose defaults would issue ten-day tokens.
        self.register_token_generator("default", cast("Any", issuer))
        self.register_client_auth_method(client_auth.METHOD, self._present_client)

    def respond(self, request: Request, parameters: Parameters) -> Response:
        """Answer a token request and tell its outcome.

        Args:
            request: Flask's request.
            parameters: of its body.

        Raises:
            StaleRead: what this process remembered of the client is not so any more; ask again.
        """
        started = time.perf_counter()
        wire_request = WireRequest(request, parameters)
        with self._forgetting_what_is_stale(wire_request):
            response = cast("Response", self.create_token_response(wire_request))
            if wire_request.refusal and wire_request.client:
                self.require_unchanged(cast("PresentedClient", wire_request.client))
        given = parameters.texts.get("grant_type", "")
        grant_type = given if given in self.grant_types else ""
        self._tell(outcome_of(wire_request, grant_type, response.status_code, time.perf_counter() - started))
        return response

    def respond_at(self, endpoint: str, request: Request, parameters: Parameters) -> Response:
        """Answer a request to one of the registered endpoints.

        Args:
            endpoint: Authlib's name of it, such as `introspection`.
            request: Flask's request.
            parameters: of its body.

        Raises:
            StaleRead: as `respond`.
        """
        wire_request = WireRequest(request, parameters)
        with self._forgetting_what_is_stale(wire_request):
            answer = self.create_endpoint_response(endpoint, wire_request)  # type: ignore[no-untyped-call]  # typeshed
        return cast("Response", answer)

    @contextmanager
    def _forgetting_what_is_stale(self, request: WireRequest) -> Iterator[None]:
        try:
            yield
        except StaleRead:
            self._authenticator.forget(cast("PresentedClient", request.client).get_client_id())
            raise

    def check_client_may_use(self, grant: Grant) -> None:
        """Refuse a client that may not have this grant, or has not proved enough for it.

        Args:
            grant: the grant that is asked for, its client found.

        Raises:
            OAuthFault: grant_not_allowed or invalid_client.
        """
        client, rules = grant.presented.client, self.profile.clients
        # The old API looked at the grant before the secret, and told so even to those with a wrong one.
        if grant.GRANT_TYPE not in (*rules.open_grants, client.allowed_grant_type):
            raise OAuthFault.grant_not_allowed()
        self.require_proof(grant.request, grant.presented, confidential_only=grant.CONFIDENTIAL_ONLY)
        if grant.CONFIDENTIAL_ONLY and rules.confidential == "flag" and not client.is_confidential:
            raise OAuthFault.invalid_client()
        # SuiteCRM compares with a column that it never fills, so any redirect_uri is a wrong one.
        if grant.request.parameters.get("redirect_uri"):
            raise OAuthFault.invalid_client()

    def require_proof(self, request: WireRequest, presented: PresentedClient, *, confidential_only: bool) -> None:
        """Refuse a client that has not proved its secret, unless it is public and the profile lets those in without.

        Args:
            request: of whoever claims to be the client.
            presented: the client that was found.
            confidential_only: whether what it asks for is for those who can keep a secret.

        Raises:
            OAuthFault: invalid_client.
        """
        ignored = self.profile.clients.public_secret == "ignored"  # noqa: S105  # a rule, not a secret
        excused = ignored and not presented.client.is_confidential and not confidential_only
        if not (presented.proved or excused):
            self.guard.client_failed(request)
            raise OAuthFault.invalid_client()

    def require_unchanged(self, presented: PresentedClient) -> None:
        """Make sure, where no statement of the request did, that a recalled client is still as it was.

        Raises:
            StaleRead: it is not.
        """
        if presented.recalled:
            self.repositories().clients.require_unchanged(presented.client, presented.user)

    def decode_refresh_token(self, text: str) -> RefreshClaims:
        """Decrypt a refresh token.

        Raises:
            OAuthFault: when it is not one of ours.
        """
        try:
            return self._codec.decode(text)
        except RefreshTokenError:
            raise OAuthFault.refresh_token_undecryptable() from None

    # What Authlib calls:

    def register_grant(self, grant_cls: type[Grant], extensions: Any = None) -> None:  # type: ignore[override]  # noqa: ANN401  # no other base
        """Take in a grant."""
        super().register_grant(grant_cls, extensions)
        self.grant_types.add(grant_cls.GRANT_TYPE)

    def create_oauth2_request(self, request: WireRequest) -> WireRequest:
        """Return the request, which has been read already."""
        return request

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Save the row of a token pair."""
        client = cast("PresentedClient", request.client).client
        try:
            self.repositories().tokens.issue(cast("IssuedToken", token).row, client, request.user)
        except UnknownOwner as error:
            error.grant_type = cast("WireRequest", request).parameters.texts.get("grant_type", "")
            raise

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Send none: observers are told of the outcome instead."""

    def handle_response(self, status: int, body: Mapping[str, object], headers: Any) -> Response:  # noqa: ANN401  # Authlib's signature
        """Write a successful answer as PHP would."""
        return Response(dumps(body), status, headers)

    def handle_error_response(self, request: OAuth2Request, error: OAuth2Error) -> Response:
        """Put an error into the profile's dialect."""
        request = cast("WireRequest", request)
        request.refusal = error
        response = response_of(self._answer(request, error))
        if isinstance(error, OAuthFault) and error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def _answer(self, request: WireRequest, error: OAuth2Error) -> Answer:
        if isinstance(error, OAuthFault):
            if error.ends_line_of:
                # Read now: when the work is done, this request and its rows are gone.
                client_id = request.client.get_client_id() if request.client else ""
                self._after_refusal(partial(_end_line, error.ends_line_of, client_id, request.origin))
            return self.dialect.render(error.fault, request.authorization)
        if isinstance(error, UnsupportedGrantTypeError):
            return self.dialect.render(Fault(Meaning.UNSUPPORTED_GRANT_TYPE))
        # A plugin may raise Authlib's own errors.
        return self.dialect.other_error(error.status_code, error.error or "", error.description or "")

    def _present_client(self, _query_client: object, request: WireRequest) -> PresentedClient:
        self.guard.admit_client(request)
        try:
            return self._authenticator.present(self.repositories().clients, request)
        except OAuthFault as error:
            if error.fault.meaning is Meaning.INVALID_CLIENT:
                self.guard.client_failed(request)
            raise


def _end_line(token_id: str, client_id: str, origin: Origin, repositories: Repositories) -> None:
    revoked = repositories.tokens.revoke(TokenFilter(row_id=token_id), now=datetime.now(UTC))
    entry = AuditEntry(
        "refresh_token_reused",
        f"sessions revoked: {revoked}",
        client_id=client_id,
        address=origin.address,
        request_id=origin.request_id,
    )
    repositories.audit.append([entry])
    _log.warning("used refresh token presented again: its line of sessions is revoked", row=token_id, revoked=revoked)
