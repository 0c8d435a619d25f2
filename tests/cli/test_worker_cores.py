"""Workers keep to cores of their own, slow hashes do not."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import bcrypt

from crm_oauth.compat.crypt_hashes import verify_crypt
from crm_oauth.compat.equal_work import fill_up
from crm_oauth.cores import keep_to
from tests.support.site import Site

CORES = os.sched_getaffinity(0)
ONE_EACH = [{core} for core in sorted(CORES)]


def test_as_many_workers_as_cores_have_one_each(tmp_path: Path) -> None:
    """Each core is one worker's alone, and its successor's, whether that comes after a crash or a reload."""
    with Site(tmp_path, "7.10.2", settings={"WORKERS": str(len(CORES))}) as site:
        first = _wait_for_shares(site, ONE_EACH, others_than=set())

        os.kill(min(first), signal.SIGKILL)
        second = _wait_for_shares(site, ONE_EACH, others_than={min(first)})

        os.kill(site.pid, signal.SIGHUP)
        _wait_for_shares(site, ONE_EACH, others_than=second)


def test_any_other_number_of_workers_runs_anywhere(tmp_path: Path) -> None:
    """With one worker more than cores all may run on all of them."""
    workers = len(CORES) + 1
    with Site(tmp_path, "7.10.2", settings={"WORKERS": str(workers)}) as site:
        _wait_for_shares(site, [CORES] * workers, others_than=set())


def test_slow_hash_runs_on_any_core() -> None:
    """A thread of a process that keeps to one core is free while it hashes, right or wrong, and bound again after."""
    with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:
        hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(12)).decode()
        for work in (_verify, _fill_up):
            assert elsewhere.submit(_cores_during_and_after, work, hashed).result() == (CORES, {min(CORES)})


def _verify(hashed: str) -> None:
    verify_crypt(b"right", hashed)


def _fill_up(_hashed: str) -> None:
    fill_up(None, 12)


def _cores_during_and_after(work: Callable[[str], None], hashed: str) -> tuple[set[int], set[int]]:
    keep_to(min(CORES))
    during: set[int] = set()
    after: set[int] = set()

    def run() -> None:
        work(hashed)
        after.update(os.sched_getaffinity(0))

    thread = Thread(target=run)
    thread.start()
    while thread.is_alive():
        with suppress(ProcessLookupError):  # it has just ended
            during |= os.sched_getaffinity(thread.native_id or 0)
        time.sleep(0.01)
    return during, after


def _wait_for_shares(site: Site, expected: list[set[int]], *, others_than: set[int]) -> set[int]:
    """Wait until workers, none of them of an earlier time, have just these cores; return their processes."""
    deadline = time.monotonic() + 30
    shares: list[set[int]] = []
    while time.monotonic() < deadline:
        workers = set(site.workers)
        with suppress(ProcessLookupError):  # one has just ended
            shares = sorted(map(os.sched_getaffinity, workers), key=sorted)
        if shares == expected and not workers & others_than:
            return workers
        time.sleep(0.1)
    raise AssertionError(f"the workers have these cores: {shares}")
