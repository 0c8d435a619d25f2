"""What happens to a server: each kind leaves it running, or running again."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from tests.support.database_servers import DatabaseServer
from tests.support.site import Site

_chance = random.Random(200)  # noqa: S311  # no secret: the same moments in each run

Fault = Callable[[Site, DatabaseServer | None], None]
Happening = Callable[[], None]


def kill_worker(site: Site, _database: DatabaseServer | None) -> None:
    """Kill -9 of one worker, as the kernel does it when memory is short."""
    _signal(_chance.choice(_some_workers(site)), signal.SIGKILL)


def kill_everything(site: Site, _database: DatabaseServer | None) -> None:
    """Kill -9 of the whole server, then a start."""
    doomed = [site.process.pid, *site.workers]
    for pid in doomed:
        _signal(pid, signal.SIGKILL)
    site.process.wait()
    site.start()


def terminate(site: Site, _database: DatabaseServer | None) -> None:
    """Stop the server as systemd does, then start it."""
    site.stop()
    site.start()


def reload(site: Site, _database: DatabaseServer | None) -> None:
    """HUP: new workers take the places of the old ones."""
    before = set(site.workers)
    site.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60  # an old worker may take half of it for the last answers
    while before & set(site.workers):
        assert time.monotonic() < deadline, site.log[-2000:]
        time.sleep(0.05)


def pause_worker(site: Site, _database: DatabaseServer | None) -> None:
    """STOP one worker for a while, as a debugger or a frozen cgroup does, then CONT."""
    pid = _chance.choice(_some_workers(site))
    _signal(pid, signal.SIGSTOP)
    time.sleep(_chance.uniform(0.1, 1))
    _signal(pid, signal.SIGCONT)


def pause_everything(site: Site, _database: DatabaseServer | None) -> None:
    """STOP the whole server, then CONT."""
    pids = [site.process.pid, *site.workers]
    for pid in pids:
        _signal(pid, signal.SIGSTOP)
    time.sleep(_chance.uniform(0.1, 1))
    for pid in pids:
        _signal(pid, signal.SIGCONT)


def crash_database(site: Site, database: DatabaseServer | None) -> None:
    """Let the database server crash and recover; where the database is a file, there is only ourselves to kill."""
    if database is None:
        kill_everything(site, database)
        return
    database.crash()
    time.sleep(_chance.uniform(0, 0.5))
    database.start()


_SHARES: dict[Fault, int] = {
    kill_worker: 95,
    kill_everything: 45,
    terminate: 20,
    reload: 20,
    pause_worker: 5,
    pause_everything: 5,
    crash_database: 10,
}


def schedule(number: int, site: Site, database: DatabaseServer | None) -> list[Happening]:
    """Return this many faults of a server in a random order that is always the same, each kind at least once."""
    faults = list(Counter(_SHARES).elements())
    _chance.shuffle(faults)
    one_each = list(_SHARES)
    chosen = (one_each + faults * (1 + number // len(faults)))[:number]
    return [partial(fault, site, database) for fault in chosen]


def _some_workers(site: Site) -> list[int]:
    """Wait until there is a worker: the one killed last may have been the last."""
    while not (pids := site.workers):
        time.sleep(0.01)
    return pids


def _signal(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        return  # it had ended by itself: the fault came first
