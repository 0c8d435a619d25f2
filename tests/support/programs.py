"""Programs that a test needs and a machine may lack."""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

POSTGRESQL_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
"""Where Debian keeps PostgreSQL's programs, by version; few of them are in PATH."""

_REASON = "needs the program {!r}, which this machine lacks"
_REASON_PATTERN = re.compile(re.escape(_REASON).replace(re.escape("{!r}"), "'(.+)'"))


def require_program(name: str, *, also_in: Iterable[Path] = (), only_in: Path | None = None) -> Path:
    """Find a program, or skip the test that asks for it; with `CI=true` fail it instead.

    Args:
        name: of the executable, such as `php`.
        also_in: directories to search after those of PATH and the system's `sbin`.
        only_in: the one directory to search.
    """
    found = find_program(name, also_in=also_in, only_in=only_in)
    if not found:
        _report_missing(name)
    return found


def find_program(name: str, *, also_in: Iterable[Path] = (), only_in: Path | None = None) -> Path | None:
    """Find a program where `require_program` looks for it; None where there is none."""
    directories = [*os.get_exec_path(), "/usr/local/sbin", "/usr/sbin", "/sbin", *map(str, also_in)]
    if only_in:
        directories = [str(only_in)]
    found = shutil.which(name, path=os.pathsep.join(directories))
    return Path(found) if found else None


def require_module(name: str, *, package: str) -> None:
    """Look for a Python package that not every installation has, as `require_program` looks for a program.

    Args:
        name: of a module, such as `ldap`.
        package: what to install, such as `python-ldap`.
    """
    if find_spec(name) is None:
        _report_missing(package)


def require_file(path: Path, *, package: str) -> Path:
    """Look for a file that no program's name stands for, as `require_program` looks for a program.

    Args:
        path: such as a module that a server loads.
        package: of Debian, which has it.
    """
    if not path.exists():
        _report_missing(package)
    return path


def require_php(*extensions: str) -> Path:
    """Find PHP with these extensions, which Debian packages apart, as `require_program` does.

    Args:
        extensions: as `php -m` spells them, such as `curl`.
    """
    php = require_program("php")
    loaded = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout.split()
    for extension in extensions:
        if extension not in loaded:
            _report_missing(f"php-{extension}")
    return php


def missing_programs(skip_reasons: Iterable[str]) -> Counter[str]:
    """Count, by program, the skips that `require_program` caused."""
    matches = map(_REASON_PATTERN.search, skip_reasons)
    return Counter(match[1] for match in matches if match)


def _report_missing(name: str) -> NoReturn:
    reason = _REASON.format(name)
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
