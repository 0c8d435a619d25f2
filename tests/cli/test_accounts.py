"""Commands by root, for a server that runs as another account; and by that account, where root has been before.

Where not root runs the tests both are one account, and what is out of reach is so by its mode.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crm_oauth.key_files import give_to_owner, make_session_key
from tests.cli.conftest import Installation
from tests.support.accounts import folder_for_all, give_away, service_account


@pytest.fixture
def handed_out() -> Iterator[Installation]:
    """A folder with an empty `var/`, which is the service account's."""
    with folder_for_all() as folder:
        (folder / "var").mkdir(mode=0o700)
        give_away(folder / "var")
        yield Installation(folder)


@contextmanager
def _as_service_account() -> Iterator[None]:
    before = os.geteuid()
    os.seteuid(pwd.getpwnam(service_account()[0]).pw_uid)
    try:
        yield
    finally:
        os.seteuid(before)


def _hide(path: Path) -> None:
    path.chmod(0)
    os.chown(path, os.geteuid(), -1)


def test_what_root_makes_is_the_servers(handed_out: Installation) -> None:
    """Keys, their folder and the database that root makes belong to the owner of `var/`, who can serve with them."""
    handed_out.told("init")
    made = [handed_out.folder / "var", *(handed_out.folder / "var").rglob("*")]
    assert len(made) > 6
    assert {path.owner() for path in made} == {service_account()[0]}
    with _as_service_account():
        handed_out.told("doctor")


def test_what_a_link_points_to_keeps_its_owner(handed_out: Installation) -> None:
    """Of a link in the server's folder root gives away the link, and not what it points to, which may be anybody's."""
    link, target = handed_out.folder / "var" / "link", handed_out.folder / "target"
    target.touch()
    link.symlink_to(target)
    give_to_owner(link, link.parent)
    assert (link.lstat().st_uid, target.stat().st_uid) == (link.parent.stat().st_uid, os.geteuid())


def test_who_cannot_give_a_key_away_keeps_it(handed_out: Installation) -> None:
    """Where another's folder lets it write, an account that is not root makes keys, which stay its own."""
    folder = handed_out.folder / "var"
    os.chown(folder, os.geteuid(), -1)
    folder.chmod(0o777)
    with _as_service_account():
        assert make_session_key(folder / "session.key")
    assert (folder / "session.key").owner() == service_account()[0]


def test_doctor_looks_at_everything_where_keys_are_out_of_reach(handed_out: Installation) -> None:
    """A key folder of somebody else is a fault of each key, and the checks after it are made too."""
    handed_out.told("init")
    _hide(handed_out.folder / "var" / "keys")
    with _as_service_account():
        ended = handed_out.run("doctor")
    (handed_out.folder / "var" / "keys").chmod(0o700)
    assert ended.returncode == 1
    assert (
        "fault    signing keys: CRM_OAUTH_PRIVATE_KEY: var/keys/private.key cannot be read: Permission denied."
        in ended.stdout
    )
    assert ended.stdout.splitlines()[-1].split()[1] == "permissions:"


@pytest.mark.parametrize("hidden", ["var", "var/crm-oauth.db"])
def test_a_database_out_of_reach_is_told(handed_out: Installation, hidden: str) -> None:
    """Whoever may not use SQLite's file is told which one, and that the server's account may."""
    handed_out.told("init")
    _hide(handed_out.folder / hidden)
    with _as_service_account():
        told = handed_out.refusal("users", "list")
    (handed_out.folder / hidden).chmod(0o700)
    file = handed_out.folder / "var/crm-oauth.db"
    assert told == f"CRM_OAUTH_DATABASE_URL: {file} cannot be read and written by this account; is it the server's?\n"


def test_settings_out_of_reach_are_told(handed_out: Installation) -> None:
    """Whoever may not read `.env` is told which one, and what else may be wrong than its mode."""
    settings = handed_out.folder / ".env"
    settings.touch()
    _hide(settings)
    with _as_service_account():
        told = handed_out.refusal("users", "list")
    assert told == f"{settings} cannot be read: Permission denied. Is this the server's folder, and its account?\n"


@pytest.mark.parametrize("command", ["doctor", "users list", "db upgrade", "serve"])
def test_only_init_makes_a_database(handed_out: Installation, command: str) -> None:
    """What is tried before `init`, perhaps by another account than the server's, leaves nothing in the server's way."""
    ended = handed_out.run(*command.split())
    assert ended.returncode == 1
    assert "/var/crm-oauth.db; run this in the server's folder" in ended.stdout + ended.stderr
    assert list((handed_out.folder / "var").iterdir()) == []


def test_another_folder_than_the_servers_is_told(empty: Installation) -> None:
    """Where there is no installation commands say where they looked, and `doctor` that there are no settings either."""
    told = empty.refusal("users", "list")
    assert told.startswith(
        f"CRM_OAUTH_DATABASE_URL: there is no {empty.folder}/var/crm-oauth.db; run this in the server's folder,"
    )
    assert f"there is no {empty.folder}/.env" in empty.run("doctor").stdout.splitlines()[0]
