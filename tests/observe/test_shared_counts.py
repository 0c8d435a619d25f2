"""Where the processes of a server keep their counts, in a folder where everybody may write."""

import os
from pathlib import Path

import pytest

from crm_oauth.observe import shared_counts
from crm_oauth.observe.shared_counts import DIRECTORY_VARIABLE, remove_counts, share_counts
from tests.support.accounts import give_away

_NOBODYS = 2**22 + 1  # no process has that number
_OLDEST = 1

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make folders of others")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for all, of this test's own; no other is chosen."""
    monkeypatch.setattr(shared_counts, "_MEMORY", tmp_path)
    monkeypatch.setenv(DIRECTORY_VARIABLE, "")
    return tmp_path


def _left(memory: Path, server: int) -> Path:
    folder = memory / f"crm-oauth-metrics-{server}"
    folder.mkdir()
    (folder / "counter.db").touch()
    return folder


def test_a_server_has_one_folder(memory: Path) -> None:
    """All of its processes find the same one, which is for its account only; at the end it is gone."""
    folder = share_counts(_OLDEST)
    assert (folder.parent, folder.stat().st_mode & 0o777) == (memory, 0o700)
    assert os.environ.pop(DIRECTORY_VARIABLE) == str(folder)
    assert share_counts(_OLDEST) == folder
    remove_counts(folder)
    assert list(memory.iterdir()) == []


def test_what_killed_servers_left_is_removed(memory: Path) -> None:
    """Folders go whose server has ended, or has this one's number; those of servers that run stay."""
    dead, own, living = (_left(memory, server) for server in (_NOBODYS, os.getpid(), _OLDEST))
    share_counts(os.getpid())
    assert not dead.exists()
    assert list(own.iterdir()) == []
    assert list(living.iterdir())


def test_a_link_is_not_followed(memory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where somebody put a link in the folder's place, another folder is taken, and nothing is written behind it."""
    target = tmp_path_factory.mktemp("target")
    (memory / f"crm-oauth-metrics-{_OLDEST}").symlink_to(target)
    folder = share_counts(_OLDEST)
    assert (folder.parent, folder.is_symlink(), folder.stat().st_mode & 0o777) == (memory, False, 0o700)
    assert os.environ[DIRECTORY_VARIABLE] == str(folder)
    assert folder.resolve() != target


@as_root
def test_a_folder_of_somebody_else_is_left_alone(memory: Path) -> None:
    """It is neither used nor removed, whether its server runs or not."""
    others = [_left(memory, server) for server in (_OLDEST, _NOBODYS)]
    for folder in others:
        give_away(folder)
    assert share_counts(_OLDEST) not in others
    assert all(list(folder.iterdir()) for folder in others)


def test_what_the_operator_chose_stays(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is named by the variable is made where it is not there, and never removed."""
    chosen = memory / "some" / "where"
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(chosen))
    for _ in range(2):
        assert share_counts(_OLDEST) == chosen
    remove_counts(chosen)
    assert chosen.is_dir()
