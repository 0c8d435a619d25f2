"""How long a start takes, and what of it."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from urllib.error import URLError
from urllib.request import urlopen

from bench.processes import cpu_seconds, cpu_seconds_of_ended
from bench.subjects import ROOT, temporary_folder
from tests.support.site import Site

_SHOWN = 12
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\w+)")
_CREATE = "from app import create_app; create_app()"


def start() -> dict[str, tuple[float, float]]:
    """Return the seconds and the CPU seconds of each kind of start."""
    with temporary_folder() as folder:
        site = Site(folder, "7.12")
        site.command("init").check_returncode()
        return {
            "python": _timed(lambda: _run(site, "-c", "pass")),
            "crm-oauth --help": _timed(lambda: _run(site, "-m", "crm_oauth.cli", "--help")),
            "create_app()": _timed(lambda: _run(site, "-c", _CREATE)),
            "crm-oauth serve, 1 worker, until /healthz answers": _served(site),
        }


def imports() -> list[tuple[str, float]]:
    """Return the packages that take most of the import of `app`, each with its hundredths of the whole."""
    command = [sys.executable, "-X", "importtime", "-c", "import app"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    spent: Counter[str] = Counter()
    for microseconds, package in _IMPORT.findall(told):
        spent[package] += int(microseconds)
    return [(package, 100 * each / spent.total()) for package, each in spent.most_common(_SHOWN)]


def _run(site: Site, *arguments: str) -> None:
    environment = site.environment | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=site.folder, env=environment, stdout=subprocess.DEVNULL, check=True)


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    began, before = time.monotonic(), cpu_seconds_of_ended()
    work()
    return time.monotonic() - began, cpu_seconds_of_ended() - before


def _served(site: Site) -> tuple[float, float]:
    command = [sys.executable, "-m", "crm_oauth.cli", "serve"]
    with (site.folder / "server.log").open("wb") as log:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=site.folder, env=site.environment, stdout=log, stderr=log)
    try:
        _wait_for_answer(f"{site.url}/healthz")
        return time.monotonic() - began, cpu_seconds(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for_answer(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(URLError, ConnectionError), urlopen(url):  # noqa: S310  # our own server
            return
        time.sleep(0.01)  # nothing tells when a port begins to listen; short, for this is what is measured
    raise RuntimeError("the server did not start")
