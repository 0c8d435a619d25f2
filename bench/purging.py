"""`python -m bench.purging DATABASE [ROWS]`: rows are purged while clients get and check tokens.

It purges for some seconds and leaves off for as many, in turns, so that whatever else the machine does counts for both;
what is compared are the medians of the windows' 99th percentiles, which no single stall of the machine decides.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from statistics import median
from threading import Event

from bench.filling import add_tokens
from bench.needs import clean_up_at_end, one_database
from bench.subjects import database_server, temporary_folder
from crm_oauth.store.purging import RETENTION, Purge
from tests.support.site import COMMAND, Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.traffic import new_token, verdict

CLIENTS = 4
PAUSE = 0.05  # seconds between a client's requests: traffic, not a flood
WINDOW = 5  # seconds
LONGEST = 150  # seconds, whatever is left then

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Course:
    """What was seen.

    Args:
        alone: seconds of each request, by windows without purging.
        meanwhile: the same of those with it.
        seconds: of purging.
        purged: rows.
    """

    alone: list[list[float]] = field(default_factory=list)
    meanwhile: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    purged: int = 0


def main() -> None:
    """Print how the traffic fared alone and meanwhile."""
    name, rows = one_database("Rows are purged while clients get and check tokens.")
    clean_up_at_end()
    with database_server(name, durable=True) as server, temporary_folder() as folder:
        url = server.new_database() if server else None
        site = Site(folder, "7.10.2", url, {"LOG_LEVEL": "error"}, program=COMMAND)
        site.fill(fill_as_recorded)
        add_tokens(site.database_url, 0, rows, newest=_LONG_AGO)
        purge = Purge(site.database, datetime.now(UTC) - RETENTION)
        began = time.perf_counter()
        due = purge.due(at_most=rows)
        print(f"{due} rows due, counted in {time.perf_counter() - began:.2f} s", flush=True)
        with site:
            course = _alternate(site, purge)
        rate = course.purged / course.seconds
        print(f"purged {course.purged} in {course.seconds:.0f} s of purging: {rate:.0f} rows a second")
        alone, meanwhile = _told("alone", course.alone), _told("meanwhile", course.meanwhile)
        print(f"ratio: {meanwhile / alone:.2f}")


def _alternate(site: Site, purge: Purge) -> Course:
    course = Course()
    batches = purge.batches()
    removed: int | None = 0
    end = time.perf_counter() + LONGEST
    while removed is not None and time.perf_counter() < end:
        with _traffic(site) as took:
            time.sleep(WINDOW)  # the traffic is measured, not this thread
        course.alone.append(took)
        with _traffic(site) as took:
            began = time.perf_counter()
            while time.perf_counter() - began < WINDOW and (removed := next(batches, None)) is not None:
                course.purged += removed
            course.seconds += time.perf_counter() - began
        if removed is not None:  # the last window is no whole one
            course.meanwhile.append(took)
    return course


def _told(what: str, windows: list[list[float]]) -> float:
    each = sorted(_p99(took) for took in windows)
    middle = median(each)
    spread = f"median {middle:.0f} ms of {len(each)} windows, {each[0]:.0f} to {each[-1]:.0f}"
    print(f"p99 {what}: {spread}; {sum(map(len, windows))} requests")
    return middle


@contextmanager
def _traffic(site: Site) -> Iterator[list[float]]:
    """Yield the seconds that each request took."""
    took: list[float] = []
    over = Event()

    def work() -> None:
        while not over.is_set():
            began = time.perf_counter()
            token = new_token(site)
            middle = time.perf_counter()
            if verdict(site, token) != HTTPStatus.NO_CONTENT:
                raise RuntimeError("a good token was refused")
            took.extend((middle - began, time.perf_counter() - middle))
            time.sleep(PAUSE)  # as a client thinks between two requests

    with ThreadPoolExecutor(CLIENTS) as threads:
        running = [threads.submit(work) for _ in range(CLIENTS)]
        try:
            yield took
        finally:
            over.set()
        for client in running:
            client.result()


def _p99(took: list[float]) -> float:
    return sorted(took)[len(took) * 99 // 100] * 1000


if __name__ == "__main__":
    main()
