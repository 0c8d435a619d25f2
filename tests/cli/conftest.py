"""An installation in a folder of its own, and commands run in it.

Most run in this process, in a tenth of the time; what a process of its own adds is tested with the real script.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from crm_oauth.cli import main
from crm_oauth.store.db import Database
from crm_oauth.store.ports import Repositories
from tests.support import commands

SCRIPT = Path(sys.executable).with_name("crm-oauth")


class Installation:
    """A working directory with nothing but the defaults.

    Args:
        folder: where the commands run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, **settings: str) -> dict[str, str]:
        """Return this process's environment with these settings and no other."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("CRM_OAUTH_")}
        return own | {f"CRM_OAUTH_{name}": value for name, value in settings.items()}

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command in this process; an exception that it does not tell itself gets through."""
        others = dict.fromkeys(name for name in os.environ if name.startswith("CRM_OAUTH_"))
        # What a command sets for the program that it becomes must not reach the next test.
        with chdir(self.folder), patch.dict(os.environ):
            ended = CliRunner(env=others).invoke(main, arguments, input=stdin, env=self.environment(**settings))
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)

    def run_script(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the console script to its end."""
        return subprocess.run(
            [SCRIPT, *arguments],
            cwd=self.folder,
            env=self.environment(**settings),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def run_at_once(self, number: int, *arguments: str) -> list[str]:
        """Run a command in so many processes, all of which must succeed, and return what each printed."""
        run = partial(commands.run, arguments, self.folder, self.environment(), "")
        with ThreadPoolExecutor(number) as threads:
            ended = [running.result() for running in [threads.submit(run) for _ in range(number)]]
        assert [each.returncode for each in ended] == [0] * number, ended
        return [each.stdout for each in ended]

    def told(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that must succeed, and return what it printed."""
        ended = self.run(*arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def records(self, *arguments: str, stdin: str = "") -> Any:  # noqa: ANN401  # whatever JSON holds
        """Run a command that must succeed with `--json`, and return what it printed."""
        return json.loads(self.told(*arguments, "--json", stdin=stdin))

    def refusal(self, *arguments: str, status: int = 1, stdin: str = "", **settings: str) -> str:
        """Run a command that must fail, and return its complaint."""
        ended = self.run(*arguments, stdin=stdin, **settings)
        assert ended.returncode == status, ended.stdout + ended.stderr
        return ended.stderr

    @contextmanager
    def stores(self) -> Iterator[Repositories]:
        """Reach into the database."""
        database = Database(f"sqlite:///{self.folder}/var/crm-oauth.db")
        try:
            with database.unit_of_work() as stores:
                yield stores
        finally:
            database.dispose()


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    """An installation before its first `init`."""
    return Installation(tmp_path)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `init` has run, to be copied."""
    folder = tmp_path_factory.mktemp("installation")
    Installation(folder).told("init")
    return folder


@pytest.fixture
def ready(template: Path, tmp_path: Path) -> Installation:
    """An installation after `init`, without users and clients."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return Installation(tmp_path)


@pytest.fixture
def with_user(ready: Installation) -> Installation:
    """An installation that has the user `joe`."""
    ready.told("users", "add", "joe", "--password-stdin", "--id", "user-joe", stdin="first password\n")
    return ready
