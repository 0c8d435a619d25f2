"""The pipeline of a token request. A grant subclasses `Grant` and fills in only what is its own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast, final

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin

from crm_oauth.compat.refresh_codec import RefreshClaims
from crm_oauth.oauth import client_auth
from crm_oauth.oauth.client_auth import PresentedClient
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.scopes import check_scopes
from crm_oauth.oauth.tokens import IssuedToken
from crm_oauth.oauth.wire import WireRequest
from crm_oauth.store.models import Token, User
from crm_oauth.store.ports import Repositories, Session
from crm_oauth.store.resource_owner import ResourceOwner

if TYPE_CHECKING:
    from crm_oauth.oauth.server import CrmAuthorizationServer

__all__ = ["Authorization", "Grant", "OAuthFault", "RefreshClaims", "ResourceOwner", "Session", "User"]

_HEADERS = [
    ("Content-Type", "application/json; charset=UTF-8"),
    ("Pragma", "no-cache"),
    ("Cache-Control", "no-store"),
]


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a grant found out: whom the new token acts for, and what it continues.

    Args:
        user: the resource owner; None when the token acts for the client alone.
        scopes: the scopes granted before, which the request may narrow; None where nothing was granted before.
        redeems: the pair whose refresh token this request uses up; None for a new session.
        repeats: the pair that is given once more, when its first answer was lost; None to make one.
    """

    user: User | ResourceOwner | None
    scopes: tuple[str, ...] | None = None
    redeems: Session | None = None
    repeats: Token | None = None


class Grant(BaseGrant, TokenEndpointMixin, ABC):
    """A grant: the steps every token request takes, in their order, around the one step that differs.

    A plugin sets the class attributes, writes `identify()`, and is named in the entry-point group
    `crm_oauth.grants` and in a profile. Authlib makes one instance for each request.
    """

    GRANT_TYPE: str
    """The value of `grant_type` that asks for this grant."""

    PARAMETERS: ClassVar[tuple[str, ...]] = ()
    """The parameters of its own that the grant cannot do without, in the order in which a missing one is told."""

    CONFIDENTIAL_ONLY: ClassVar[bool] = False
    """Whether only confidential clients may use it (RFC 6749 section 4.4)."""

    INCLUDE_REFRESH_TOKEN: ClassVar[bool] = False
    """Whether the answer carries a refresh token."""

    CONTINUES_TOKEN: ClassVar[bool] = False
    """Whether it continues an earlier token: league then looks at the scopes after the token, not before."""

    TOKEN_ENDPOINT_AUTH_METHODS = (client_auth.METHOD,)

    request: WireRequest
    server: "CrmAuthorizationServer"

    @abstractmethod
    def identify(self, given: Mapping[str, str]) -> Authorization:
        """Find out whom the new token shall act for.

        Asked again when the client or the user is changed at this moment.

        Args:
            given: the text of each parameter named in `PARAMETERS`; it may be empty.

        Raises:
            OAuthFault: when the request is refused; see its named constructors.
        """

    def owner_refused(self) -> OAuthFault:
        """Return the grant's answer when the resource owner is inactive, deleted or otherwise barred."""
        return OAuthFault.invalid_client()

    @property
    def presented(self) -> PresentedClient:
        """Return the authenticated client."""
        return cast("PresentedClient", self.request.client)

    @property
    def repositories(self) -> Repositories:
        """Return the stores, within the request's unit of work."""
        return self.server.repositories()

    def verify_password(self, user: User | None, password: str) -> bool:
        """Check a resource owner's password, taking the same time for one that does not exist.

        Args:
            user: the resource owner, or None.
            password: the password as sent.

        Raises:
            OAuthFault: too_many_requests, after too many wrong ones from where this one comes from.
        """
        self.request.user = user  # whose password was tried, also when it was a wrong one
        return self.server.guard.verify_password(self.repositories.users, self.request, user, password)

    def decode_refresh_token(self, text: str) -> RefreshClaims:
        """Decrypt a refresh token.

        Args:
            text: the token as sent.

        Raises:
            OAuthFault: when it is not one of ours.
        """
        return self.server.decode_refresh_token(text)

    @final
    def validate_token_request(self) -> None:
        """Take the steps that may refuse the request, in league's order."""
        # (1) Who asks? (2) May it use this grant? Before anything that costs: only then is a parameter read.
        self.request.client = self.authenticate_token_endpoint_client()
        self.server.check_client_may_use(self)
        # (3) What for? (4) On whose behalf?
        if not self.CONTINUES_TOKEN:
            self._check_scopes(None)
        authorization = self.identify({name: self.request.parameters.require(name) for name in self.PARAMETERS})
        if self.CONTINUES_TOKEN:
            self._check_scopes(authorization.scopes)
        owner = self.request.user = authorization.user
        if owner is not None and not self.repositories.users.may_authenticate(owner.standing):
            raise self.owner_refused()
        self._authorization = authorization

    @final
    def create_token_response(self) -> tuple[int, Any, list[tuple[str, str]]]:
        """Issue and save the token pair."""
        self.server.guard.admit_token(self.presented.get_client_id())
        repeated = self._authorization.repeats
        token = self._save_new() if repeated is None else self._reissue(repeated)
        return 200, token, _HEADERS

    def _save_new(self) -> IssuedToken:
        # (5) Sign before anything is written: a fault of the keys leaves no row behind.
        token = cast(
            "IssuedToken",
            self.generate_token(
                user=self._authorization.user,
                scope=self.request.scope,
                include_refresh_token=self.INCLUDE_REFRESH_TOKEN,
            ),
        )
        # (6) Redeem and save, both or neither, and for good before the answer leaves.
        redeemed, now = self._authorization.redeems, token.row.date_entered
        if redeemed is None:
            self.server.save_token(token, self.request)
        elif not self.repositories.tokens.refresh(redeemed, self.presented.client, token.row, now=now):
            # Another request was faster, and has committed: this one comes second.
            return self._reissue(self.server.reuse.successor(redeemed, self.repositories.tokens, now))
        return token

    def _reissue(self, row: Token) -> IssuedToken:
        self.server.require_unchanged(self.presented)
        return self.server.issuer.repeat(row, self.request.scope)

    def _check_scopes(self, granted: tuple[str, ...] | None) -> None:
        requested = self.request.parameters.get("scope") or ""
        self.request.scope = " ".join(check_scopes(requested, self.server.profile.scopes.known, granted))
