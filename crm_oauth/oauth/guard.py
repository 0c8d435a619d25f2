"""Where the pipeline of a token request meets the limits: they become faults of the protocol here."""

import math
import time
from collections.abc import Callable
from typing import NoReturn

from crm_oauth.limits.flood import FloodGate
from crm_oauth.limits.guesses import GuessGuard, TooManyGuesses, Verdict
from crm_oauth.oauth.client_auth import claimed_client_id
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import WireRequest
from crm_oauth.store.models import User
from crm_oauth.store.ports import UserStore


class PipelineGuard:
    """The limits of the requests to an authorization server.

    Args:
        guesses: of passwords and secrets.
        flood: of tokens.
        password_checked: is told how many seconds the check of a password took.
    """

    def __init__(self, guesses: GuessGuard, flood: FloodGate, password_checked: Callable[[float], None]) -> None:
        self._guesses = guesses
        self._flood = flood
        self._password_checked = password_checked

    def admit_client(self, request: WireRequest) -> None:
        """Let the client be authenticated.

        Raises:
            OAuthFault: too_many_requests, after too many wrong secrets of this client from this address.
        """
        try:
            self._guesses.admit_client(claimed_client_id(request), request.origin.address)
        except TooManyGuesses as error:
            _refuse(error)

    def client_failed(self, request: WireRequest) -> None:
        """Count a wrong secret."""
        self._guesses.client_failed(claimed_client_id(request), request.origin.address)

    def verify_password(self, users: UserStore, request: WireRequest, user: User | None, password: str) -> bool:
        """Tell whether a password is right; while its user backs off from this address, it is wrong.

        Args:
            users: check it.
            request: of whoever sent it.
            user: None for one that does not exist.
            password: as sent.

        Raises:
            OAuthFault: too_many_requests, after too many wrong passwords from this address.
        """
        # A plugin's user may have been found by something else than a name.
        name = (user.user_name if user else None) or request.parameters.texts.get("username", "")
        try:
            verdict = self._guesses.check_password(
                name,
                request.origin.address,
                check=lambda: self._check(users, user, password),
                decoy=lambda: users.verify_password(None, password),
            )
        except TooManyGuesses as error:
            _refuse(error)
        request.is_backing_off = verdict is Verdict.BACKING_OFF
        return verdict is Verdict.RIGHT

    def _check(self, users: UserStore, user: User | None, password: str) -> bool:
        began = time.perf_counter()
        try:
            return users.verify_password(user, password)
        finally:
            self._password_checked(time.perf_counter() - began)

    def admit_token(self, client_id: str) -> None:
        """Let a client have one more token.

        Raises:
            OAuthFault: too_many_requests, after too many.
        """
        if wait := self._flood.admit(client_id):
            raise OAuthFault.too_many_requests(math.ceil(wait))


def _refuse(error: TooManyGuesses) -> NoReturn:
    raise OAuthFault.too_many_requests(error.retry_after) from None
