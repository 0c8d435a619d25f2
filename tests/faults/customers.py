"""Clients that sign in, refresh and sign out all the time, and note what they were told."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from threading import Event

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.faults.ledger import Entry, Ledger
from tests.wire.exchange import TOKEN_PATH, Addressed, Received, post_json
from tests.wire.sessions import Pair, log_out, redeem, revoke

USERS = tuple(f"user-{number}" for number in range(5))
SECRET = {"client_secret": "secret"}
PEOPLE = {"client_id": "people", **SECRET}
MACHINE = {"client_id": "machine", **SECRET}

_PATIENCE = 60
_CUSTOMERS = 4
_CLEAN = 503


def fill(repositories: Repositories) -> None:
    """Add the users and clients."""
    secret = hash_client_secret("secret", "sha256")
    repositories.clients.add(Client(id="people", name="people", secret=secret))
    repositories.clients.add(
        Client(
            id="machine", name="m", secret=secret, allowed_grant_type="client_credentials", assigned_user_id=USERS[0]
        )
    )
    for name in USERS:
        repositories.users.add(
            User(id=name, user_name=name, user_hash=hash_user_password(name, rounds=4), status="Active")
        )


@contextmanager
def customers(site: Addressed, ledger: Ledger) -> Iterator[None]:
    """Keep customers busy within the block; a fault of theirs is told at its end."""
    over = Event()
    with ThreadPoolExecutor(_CUSTOMERS) as threads:
        running = [threads.submit(_Customer(site, ledger, number).stay, over) for number in range(_CUSTOMERS)]
        try:
            yield
        finally:
            over.set()
        for customer in running:
            customer.result()


class _Customer:
    def __init__(self, site: Addressed, ledger: Ledger, number: int) -> None:
        self._site = site
        self._ledger = ledger
        self._chance = random.Random(number)  # noqa: S311  # no secret: the same choices in each run

    def stay(self, over: Event) -> None:
        """Live one session after the other."""
        while not over.is_set():
            if self._chance.random() < 0.3:
                self._visit(MACHINE, USERS[0], {"grant_type": "client_credentials"})
            else:
                user = self._chance.choice(USERS)
                self._visit(PEOPLE, user, {"grant_type": "password", "username": user, "password": user})
            time.sleep(0.02)

    def _visit(self, client: dict[str, str], user: str, asked: dict[str, str]) -> None:
        answer = self._once(lambda: post_json(self._site.url, TOKEN_PATH, {**asked, **client}))
        if answer is None:
            return
        entry = self._issued(answer, user)
        if not entry.pair.refresh_token:
            return
        for _ in range(self._chance.randrange(3)):
            successor = self._refresh(entry)
            if successor is None:
                return
            entry = successor
        if self._chance.random() < 0.3:
            self._end(entry)

    def _issued(self, answer: Received, user: str) -> Entry:
        document = answer.document
        entry = Entry(Pair(document["access_token"], document.get("refresh_token", "")), user)
        self._ledger.issued(entry)
        return entry

    def _refresh(self, entry: Entry) -> Entry | None:
        """Refresh, and when the answer is lost ask again, as the grace allows."""
        again = False
        for _ in self._attempts():
            answer = self._once(lambda: redeem(self._site, entry.pair.refresh_token, PEOPLE), refused=again)
            if answer is None:
                if not again:
                    self._ledger.refresh_was_cut()
                again = True
            elif answer.status == 200:
                self._ledger.ended(entry)
                return self._issued(answer, entry.user_id)
            else:
                break
        self._ledger.client_is_stranded()
        self._ledger.forget(entry)
        return None

    def _end(self, entry: Entry) -> None:
        """End a session in one of three ways, as often as it takes to be told that it has ended."""
        way = self._chance.randrange(3)
        for _ in self._attempts():
            if way == 0:
                # Who asks again bears a token that may be dead already, and is told so.
                answer = self._once(lambda: log_out(self._site, entry.pair.access_token), refused=True)
            else:
                token = entry.pair.refresh_token if way == 1 else entry.pair.access_token
                answer = self._once(lambda: revoke(self._site, token, PEOPLE))  # noqa: B023  # called at once
            if answer is not None:
                self._ledger.ended(entry)
                return
        self._ledger.forget(entry)

    def _once(self, ask: Callable[[], Received], *, refused: bool = False) -> Received | None:
        """Ask once; None when there was no answer, or one that says to ask later."""
        try:
            answer = ask()
        except (OSError, HTTPException):
            return None
        if answer.status == 200 or (refused and answer.status in {400, 401}):
            return answer
        if answer.status != _CLEAN or "retry-after" not in answer.headers:
            self._ledger.odd_answer(f"{answer.status} {answer.body[:200]}")
        return None

    def _attempts(self) -> Iterator[None]:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            yield
            time.sleep(0.05)
