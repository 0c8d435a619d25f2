"""Brings about what docs/runbook.md is about; each says how it shows: what was logged, answered and found."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from crm_oauth.compat.claims import AccessClaims, header, payload
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.store.models import Token
from tests.support.site import Site
from tests.wire.exchange import TOKEN_PATH, Received, post_json, send
from tests.wire.sessions import passes

_PASSWORD = "pw"


def wait_for_a_look_at_the_keys() -> None:
    """Give a server the second within which it sees that its key files have changed."""
    time.sleep(1.2)


class Desk:
    """A site with a user, a client, a session; and what can be seen of it.

    Args:
        site: the installation, its server running.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        site.command("users", "add", "anna", "--password-stdin", stdin=f"{_PASSWORD}\n")
        add = ("clients", "add", "--name", "x", "--grant", "password", "--json")
        made = json.loads(site.command(*add).stdout)
        self.client = {"client_id": made["id"], "client_secret": made["secret"]}

    def ask(self, grant_type: str = "password", **parameters: str) -> Received:
        """Ask for a token, with the right password unless another is given."""
        given = {"username": "anna", "password": _PASSWORD} if grant_type == "password" else {}
        return post_json(self.site.url, TOKEN_PATH, {"grant_type": grant_type} | given | self.client | parameters)

    def sign_in(self) -> dict[str, Any]:
        """Return a new pair."""
        answer = self.ask()
        assert answer.status == 200, answer.body
        return answer.document

    def refresh(self, pair: dict[str, Any]) -> Received:
        """Redeem a refresh token."""
        return self.ask("refresh_token", refresh_token=pair["refresh_token"])

    def passes(self, access_token: str) -> bool:
        """Tell whether a bearer may pass."""
        return passes(self.site, access_token)

    def get(self, path: str, **headers: str) -> str:
        """Return the body of a page."""
        return send(self.site.url, "GET", path, headers, None).body

    def shows(self) -> str:
        """Return all that an operator can see."""
        return "\n".join([self.site.log, self.site.command("doctor").stdout, self.get("/metrics")])


def signing_key_lost(desk: Desk) -> str:
    """Remove the private key."""
    (desk.site.folder / "var/keys/private.key").unlink()
    wait_for_a_look_at_the_keys()
    desk.sign_in()
    return desk.shows()


def encryption_key_lost(desk: Desk) -> str:
    """Remove the encryption key."""
    (desk.site.folder / "var/keys/encryption.key").unlink()
    wait_for_a_look_at_the_keys()
    desk.sign_in()
    return desk.shows()


def clock_ahead(desk: Desk) -> str:
    """Show a token that a node signed whose clock runs two minutes ahead."""
    keys = desk.site.folder / "var/keys"
    now = int(time.time()) + 120
    claims = AccessClaims(desk.client["client_id"], "0" * 80, now, now + 3600, "")
    token = KeyRing(keys / "private.key", keys / "public.key").sign(
        header(claims.jti, "lcobucci3"), payload(claims, "lcobucci3")
    )
    return desk.get("/Api/V8/current-user", Authorization=f"Bearer {token}")


def table_too_big(desk: Desk) -> str:
    """Leave rows whose tokens expired two months ago."""
    long_ago = datetime.now(UTC) - timedelta(days=60)
    for number in range(3):
        row = Token(access_token=f"old-{number}", access_token_expires=long_ago, refresh_token_expires=long_ago)
        desk.site.fill(lambda stores, row=row: stores.tokens.add(row))  # type: ignore[misc]  # the default binds it
    shown = desk.shows()
    assert "crm_oauth_rows_due_for_purge 3.0" in shown
    return shown


def redis_gone(desk: Desk) -> str:
    """Have something to count, where Redis does not answer."""
    assert desk.ask(password="wrong").status == 401
    return desk.shows()


def guesses(desk: Desk) -> str:
    """Guess at one user and then at others."""
    for name in ("anna",) * 3 + ("ben", "carla", "david"):
        desk.ask(username=name, password="wrong")
    return desk.shows()


def other_schemas(desk: Desk) -> str:
    """Leave the stamp of a release that does not exist yet, then that of the first one."""
    with _stamped(desk.site, "9999"):
        refused = desk.site.command("serve")
        assert refused.returncode == 1
        shown = desk.shows() + refused.stderr
    with _stamped(desk.site, "0001"):
        return shown + desk.shows()


@contextmanager
def _stamped(site: Site, revision: str) -> Iterator[None]:
    stamp = text("UPDATE alembic_version SET version_num = :revision")
    with site.database.connection() as connection:
        was = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(stamp, {"revision": revision})
        # What makes newer tables says which programs may use them: none that is older.
        connection.execute(text("UPDATE crm_oauth_schema SET oldest_program = :revision"), {"revision": revision})
    yield
    with site.database.connection() as connection:
        connection.execute(stamp, {"revision": was})
        connection.execute(text("UPDATE crm_oauth_schema SET oldest_program = :was"), {"was": was})


def away(desk: Desk) -> str:
    """Ask while the database is away."""
    answer = desk.ask()
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    return desk.get("/readyz") + desk.shows()


def full_disk(desk: Desk, disk: Path) -> str:
    """Fill the disk on which the database lies."""
    pair = desk.sign_in()
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 512)
        except OSError:
            pass
    for _ in range(100):  # pages of the log that were made before are filled first
        if desk.ask().status == 503:
            break
    assert desk.ask().status == 503
    assert desk.passes(pair["access_token"])
    return desk.shows()


@contextmanager
def desk_of(site: Site) -> Iterator[Desk]:
    """Serve a site, and sit at its desk."""
    with site:
        yield Desk(site)
