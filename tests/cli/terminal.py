"""Runs a command on a terminal and types the answers."""

import os
import pty
import subprocess
from collections.abc import Mapping

from tests.cli.conftest import SCRIPT, Installation


def converse(
    installation: Installation, *arguments: str, answers: Mapping[str, str], columns: int = 200
) -> tuple[int, str]:
    """Run a command whose standard streams are one terminal.

    Args:
        installation: where to run it.
        arguments: the command's.
        answers: what to type when the terminal shows the text, in this order.
        columns: how wide the terminal is.

    Returns:
        Exit status, and all that the terminal showed.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [SCRIPT, *arguments],
        cwd=installation.folder,
        env=installation.environment() | {"TERM": "xterm", "COLUMNS": str(columns)},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = ""
    for question, answer in answers.items():
        already = len(shown)
        while question not in shown[already:]:
            shown += os.read(master, 4096).decode()
        os.write(master, f"{answer}\n".encode())
    shown += _rest(master)
    os.close(master)
    return process.wait(), shown


def _rest(master: int) -> str:
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:  # how Linux says that nobody holds the other end any more
            return shown.decode()
