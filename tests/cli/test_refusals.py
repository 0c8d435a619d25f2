"""The server refuses to start with what would be unsafe, each time with one plain line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_oauth.store.db import Database
from tests.cli.conftest import Installation
from tests.support.redis_server import RedisServer


def _write(name: str, content: str) -> Callable[[Installation], None]:
    def write(installation: Installation) -> None:
        (installation.folder / name).write_text(content)

    return write


def _remove(name: str) -> Callable[[Installation], None]:
    return lambda installation: (installation.folder / name).unlink()


def _revise(revision: str) -> Callable[[Installation], None]:
    """Have the schema be of a revision, for programs that know it."""

    def revise(installation: Installation) -> None:
        database = Database(f"sqlite:///{installation.folder}/var/crm-oauth.db")
        with database.connection() as connection:
            for column in "alembic_version SET version_num", "crm_oauth_schema SET oldest_program":
                connection.execute(text(f"UPDATE {column} = :revision"), {"revision": revision})
        database.dispose()

    return revise


HARM: dict[str, tuple[Callable[[Installation], None], dict[str, str], str]] = {
    "known encryption key": (lambda _: None, {"ENCRYPTION_KEY": "SCRM-DEFK"}, "which everybody knows"),
    "empty encryption key": (_write("var/keys/encryption.key", ""), {}, "CRM_OAUTH_ENCRYPTION_KEY is empty"),
    "no encryption key": (_remove("var/keys/encryption.key"), {}, "CRM_OAUTH_ENCRYPTION_KEY is not set"),
    "no session key": (_remove("var/keys/session.key"), {}, "CRM_OAUTH_SESSION_KEY is not set"),
    "weak session key": (lambda _: None, {"SESSION_KEY": "dev"}, "CRM_OAUTH_SESSION_KEY: at least"),
    "no signing key": (_remove("var/keys/private.key"), {}, "CRM_OAUTH_PRIVATE_KEY: there is no var/keys/private.key"),
    "schema behind": (_revise("0001"), {}, "schema is old, revision 0001; bring it up to date with: crm-oauth db"),
    "schema ahead": (_revise("9999"), {}, "schema is newer than this program, revision 9999"),
    "unknown profile": (lambda _: None, {"PROFILE": "7.10.1"}, "7.10.1"),
    "unknown setting": (lambda _: None, {"DATABASE_URI": "x"}, "CRM_OAUTH_DATABASE_URI: there is no such setting"),
    "bad rate": (lambda _: None, {"GUESSES_PER_USER": "many"}, "CRM_OAUTH_GUESSES_PER_USER"),
    "no Redis to require": (lambda _: None, {"REDIS_REQUIRED": "true"}, "there is no CRM_OAUTH_REDIS_URL"),
    "Redis away": (
        lambda _: None,
        {"REDIS_REQUIRED": "true", "REDIS_URL": "redis://:hidden-password@127.0.0.1:1/0"},
        "names a Redis that does not answer",
    ),
    "no Redis URL": (lambda _: None, {"REDIS_URL": "http://hidden-password@x"}, "should be a URL such as redis://"),
}


@pytest.mark.parametrize(("harm", "settings", "line"), HARM.values(), ids=HARM.keys())
def test_what_is_unsafe_is_refused(
    ready: Installation, harm: Callable[[Installation], None], settings: dict[str, str], line: str
) -> None:
    """`serve` ends with status 1 and one line that says what is wrong; no traceback, no secret."""
    harm(ready)
    ended = ready.run("serve", **settings)
    assert ended.returncode == 1
    told = ended.stderr.splitlines()
    assert len(told) == 1
    assert line in told[0]
    assert "hidden-password" not in told[0]


def test_all_are_named_at_once(ready: Installation) -> None:
    """Several faults are several lines of one refusal."""
    for harm in (_write("var/keys/encryption.key", "SCRM-DEFK"), _remove("var/keys/session.key"), _revise("0001")):
        harm(ready)
    told = ready.refusal("serve", PROFILE="nothing", REDIS_REQUIRED="true")
    for part in ("everybody knows", "SESSION_KEY", "revision 0001", "nothing", "REDIS_URL"):
        assert part in told
    assert len(told.splitlines()) == 5


@pytest.mark.parametrize("name", ["private", "encryption", "session"])
def test_readable_secrets_are_refused_where_that_is_asked_for(ready: Installation, name: str) -> None:
    """With the setting, a key that others may read keeps the server from starting; else it is a warning."""
    (ready.folder / f"var/keys/{name}.key").chmod(0o644)
    told = ready.refusal("serve", REFUSE_READABLE_SECRETS="true")
    assert f"chmod 600 var/keys/{name}.key" in told
    assert ready.records("doctor")[-1]["result"] == "warning"


def test_a_redis_that_answers_is_well(ready: Installation, tmp_path: Path) -> None:
    """A required Redis that answers is no fault; one that is away but not required is a warning."""
    server = RedisServer(tmp_path)
    server.start()
    told = ready.run("doctor", REDIS_URL=server.url, REDIS_REQUIRED="true")
    server.stop()
    assert told.returncode == 0
    assert "Redis answers" in told.stdout
    away = ready.run("doctor", REDIS_URL=server.url)
    assert away.returncode == 0
    assert "warning  redis" in away.stdout
