"""Accounts of the machine: servers that root starts give up root's rights for another's."""

import grp
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def own_account() -> str:
    """Return the name of the account that runs the tests."""
    return pwd.getpwuid(os.geteuid()).pw_name


def service_account() -> tuple[str, str]:
    """Return account and group for a server: nobody where root runs the tests, else the own ones."""
    if os.geteuid() == 0:
        return "nobody", "nogroup"
    return own_account(), grp.getgrgid(os.getegid()).gr_name


def unprivileged(account: str) -> str | None:
    """Return who runs a server that refuses root: this account if there is one; None is whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    return account if account in {entry.pw_name for entry in pwd.getpwall()} else "nobody"


def give_away(folder: Path) -> None:
    """Make a folder and all in it the service account's."""
    account, group = service_account()
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            shutil.chown(path, account, group)


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """Lend a folder that any account may enter, as it may not pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="crm-oauth-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
