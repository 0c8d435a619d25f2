"""What the guide to backups backs up can be restored by it, and tokens are what they were."""

import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.cli.conftest import SCRIPT
from tests.documents.reading import blocks
from tests.support.database_servers import DatabaseServer
from tests.support.programs import require_program
from tests.support.site import Site
from tests.wire.bad.request import PASSWORD, REFRESH
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, claims_of, post_json
from tests.wire.traffic import ask, verdict

_BLOCKS = blocks("docs/backup.md", "sh")
_DATABASES = ("sqlite", "mariadb", "postgresql")
_PROGRAMS = {"sqlite": (), "mariadb": ("mariadb-dump", "mariadb"), "postgresql": ("pg_dump", "pg_restore")}


def _run(folder: Path, environment: Mapping[str, str], block: str, database: str) -> None:
    """Run a block of the guide in a folder, with the name of a database."""
    ended = subprocess.run(
        ["bash", "-e", "-c", re.sub(r"(?<=[ =])crm_oauth\b", database, block)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def _accounts(url: str, home: Path) -> dict[str, str]:
    """Tell the databases' own programs where to connect, as an operator's home does."""
    where = make_url(url)
    (home / ".my.cnf").write_text(f"[client]\nhost={where.host}\nport={where.port}\nuser={where.username}\n")
    host = str(where.query.get("host", where.host))
    path = f"{SCRIPT.parent}:{os.environ['PATH']}"
    return {"HOME": str(home), "PGHOST": host, "PGUSER": where.username or "", "PATH": path}


def _new_url(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder}/var/crm-oauth.db"
    server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
    url = server.new_database()
    request.addfinalizer(lambda: server.drop_database(url))  # two of them, of a kind that is a parameter
    return url


@pytest.mark.parametrize("kind", _DATABASES)
def test_tokens_survive_a_restore(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """On a fresh folder and database old tokens verify and refresh, and revoked ones stay revoked."""
    for program in _PROGRAMS[kind]:
        require_program(program)
    at = 1 + _DATABASES.index(kind)
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "var").mkdir(parents=True)
    site = Site(old, "7.10.2", _new_url(kind, old, request))
    del site.environment["CRM_OAUTH_ENCRYPTION_KEY"]
    site.environment |= _accounts(site.database_url, tmp_path)
    (old / ".env").write_text("CRM_OAUTH_LOG_LEVEL=warning\n")
    site.fill(fill_as_recorded)
    with site:
        kept, revoked = ask(site, PASSWORD), ask(site, PASSWORD)
        site.command("tokens", "revoke", "--jti", claims_of(revoked["access_token"])["jti"]).check_returncode()
        for block in (_BLOCKS[0], _BLOCKS[at]):
            _run(old, site.environment, block, str(make_url(site.database_url).database))

    new.mkdir()
    shutil.move(old / "backup", new / "backup")
    shutil.rmtree(old)
    url = _new_url(kind, new, request)
    environment = site.environment | {"CRM_OAUTH_DATABASE_URL": url}
    for block in (_BLOCKS[4], _BLOCKS[4 + at]):
        _run(new, environment, block, str(make_url(url).database))

    restored = Site(new, "7.10.2", url)
    del restored.environment["CRM_OAUTH_ENCRYPTION_KEY"]
    with restored:
        assert verdict(restored, kept["access_token"]) == 204
        assert verdict(restored, revoked["access_token"]) == 401
        assert (
            verdict(restored, ask(restored, REFRESH | {"refresh_token": kept["refresh_token"]})["access_token"]) == 204
        )
        refused = post_json(restored.url, TOKEN_PATH, REFRESH | {"refresh_token": revoked["refresh_token"]})
        assert (refused.status, refused.document["hint"]) == (400, "Token has been revoked")
    assert (new / ".env").read_text() == "CRM_OAUTH_LOG_LEVEL=warning\n"


def test_settings_may_be_elsewhere(tmp_path: Path) -> None:
    """Where the environment has the settings, and no file, the keys are backed up without a complaint."""
    keys = tmp_path / "var/keys"
    keys.mkdir(parents=True)
    (keys / "private.key").touch()
    _run(tmp_path, os.environ, _BLOCKS[0], "")
    with tarfile.open(tmp_path / "backup/keys.tar") as backup:
        assert sorted(backup.getnames()) == ["var", "var/keys", "var/keys/private.key"]
