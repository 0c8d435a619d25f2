"""Sends each request of a client to the application; prints its statements, and what the database planned for them.

A program, for an application has threads of its own that end with its process: `python -m tests.store.asking EXPLAIN`.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from flask import request_started
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

from app import create_app
from tests.support.plans import parts

PATH = "/Api/access_token"
CLIENT = {"client_id": "7", "client_secret": "secret"}
PROGRAM = "8"


class Asking:
    """Requests of a client of the number 7, its user, and a program of the number 8."""

    def __init__(self, http: FlaskClient) -> None:
        self._http = http

    def client_credentials(self) -> None:
        """Issue a token to a program, and one more when the client is remembered."""
        for _ in range(2):
            self._post(PATH, client_id=PROGRAM, grant_type="client_credentials")

    def password(self) -> dict[str, Any]:
        """Sign in."""
        return self._post(PATH, grant_type="password", username="NAME-7", password="password")

    def wrong_password(self) -> None:
        """Fail to sign in."""
        self._post(PATH, 400, grant_type="password", username="NAME-7", password="wrong")

    def refresh_token(self) -> None:
        """Take the place of a pair, and of that which took it."""
        pair = self.password()
        for _ in range(2):
            pair = self._post(PATH, grant_type="refresh_token", refresh_token=pair["refresh_token"])

    def reuse(self) -> None:
        """Redeem a refresh token again, which revokes its line."""
        token = self.password()["refresh_token"]
        for status in 200, 401:
            self._post(PATH, status, grant_type="refresh_token", refresh_token=token)

    def verify(self) -> None:
        """Ask as a front end does."""
        assert self._http.get("/oauth/verify", headers=self._bearer()).status_code == 204

    def introspect(self) -> None:
        """Ask as a resource server does."""
        pair = self.password()
        for token in pair["access_token"], pair["refresh_token"]:
            assert self._post("/oauth/introspect", token=token)["active"]

    def revoke(self) -> None:
        """End a session that was refreshed."""
        pair = self._post(PATH, grant_type="refresh_token", refresh_token=self.password()["refresh_token"])
        self._post("/oauth/revoke", token=pair["refresh_token"])

    def log_out(self) -> None:
        """End a session as SuiteCRM's clients do."""
        bearer = self._bearer()
        assert self._http.get("/Api/V8/current-user", headers=bearer).status_code == 200
        assert self._http.post("/Api/V8/logout", headers=bearer).status_code == 200

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.password()['access_token']}"}

    def _post(self, path: str, status: int = 200, **parameters: str) -> dict[str, Any]:
        answer = self._http.post(path, data=CLIENT | parameters)
        assert answer.status_code == status, answer.text
        return answer.get_json(silent=True) or {}


REQUESTS: dict[str, Callable[[Asking], object]] = {
    name: method for name, method in vars(Asking).items() if not name.startswith("_")
}


@contextmanager
def _plans(explain: str) -> Iterator[dict[str, str]]:
    """Record the plan of each statement that reads, made when and where the statement is about to run."""
    seen: dict[str, str] = {}
    asking = get_ident()

    def record(_connection: Connection, cursor: DBAPICursor, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401  # the driver's
        if get_ident() != asking:
            return
        for part, values in parts(statement, parameters):
            if re.search(r"\b(FROM|WHERE)\b", part):
                cursor.execute(f"{explain} {part}", values)
                seen[part] = str(cursor.fetchall())

    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", record)


@contextmanager
def _last_request() -> Iterator[list[str]]:
    """Record the statements of the last request alone, BEGIN and COMMIT too."""
    seen: list[str] = []
    asking = get_ident()

    def record(_connection: Connection, _cursor: DBAPICursor, statement: str, *_: object) -> None:
        if get_ident() == asking:
            seen.append(statement)

    def forget(_app: object) -> None:
        seen.clear()

    request_started.connect(forget)
    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", record)
        request_started.disconnect(forget)


def _main(explain: str) -> None:
    asking, plans, statements = Asking(create_app().test_client()), {}, {}
    for name, ask in REQUESTS.items():
        with _plans(explain) as plans[name]:
            ask(asking)
    # Once more, now that each connection is prepared and the user has signed in from here today.
    for name, ask in REQUESTS.items():
        with _last_request() as statements[name]:
            ask(asking)
    sys.stdout.write(json.dumps({"plans": plans, "statements": statements}))


if __name__ == "__main__":
    _main(sys.argv[1])
