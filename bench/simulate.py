"""`make simulate`: a single node as it was measured, then a hundred million sessions, with and without herds.

A node's cores serve who came first, for exponentially distributed times whose means are the measured CPU: no figure is
fitted. Nodes share nothing but the database, so all are simulated by one of them with its part of the database.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from random import Random

from bench.herd_chart import herd_chart
from bench.measured import Machine, PathFigures, measured
from bench.queues import Answered, Service, Stage, share
from bench.scaling import PAGE, replaced

CHART = Path(__file__).parents[1] / "docs/images/herd.svg"
DATABASES = ("MariaDB", "PostgreSQL")
PATHS = ("client_credentials", "refresh_token", "verify", "introspect")
SESSIONS = 10**8
LIFETIME = 3600  # seconds of an access token
CORES, BUSY = 2, 0.7  # of a node, and how much of them is to be used on an ordinary day
HERD = 0.02  # of the sessions refresh in the same second
HERD_AT = 60  # second in which the herd comes
JITTER = 600  # seconds over which clients that know of each other spread
REQUESTS = 3000  # of the single node
ROOM = 64  # requests that a node takes in, where there is a limit


@dataclass(frozen=True)
class Single:
    """What a single node does: requests a second and latencies in milliseconds."""

    per_second: float
    median: float
    worst_percent: float
    worst_percent_at_32: float


def main() -> None:
    """Print both tables; keep them and the picture when asked."""
    parser = argparse.ArgumentParser(prog="make simulate ARGS=…", description="Simulates a node, then very many.")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name} and {CHART.name}")
    given = parser.parse_args()
    figures = measured()
    runs = herds(figures["PostgreSQL"])
    made = tables(figures, runs)
    print("\n\n".join(made.values()))
    if given.write:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
        CHART.write_text(herd_chart({name: service.answered for name, service in runs.items()}), encoding="utf-8")


def tables(figures: Mapping[str, Machine], runs: Mapping[str, Service]) -> dict[str, str]:
    """Return the page's tables by their names."""
    lines = {"single": single_table(figures), "needs": need_table(figures), "herds": herd_table(runs)}
    return {name: "\n".join(each) for name, each in lines.items()}


def single(figures: PathFigures) -> Single:
    """Simulate the bench: node, database and load generator on two cores, 8 connections and 32."""
    stages = [Stage(CORES, (figures.server + figures.database + figures.load) / 1000)]
    few, many = Service(stages), Service(stages)
    rate = few.closed(8, REQUESTS)
    many.closed(32, REQUESTS)
    times = share(few.answered, 0.5), share(few.answered, 0.99), share(many.answered, 0.99)
    return Single(rate, *(1000 * seconds for seconds in times))


def single_table(figures: Mapping[str, Machine]) -> Iterator[str]:
    """Yield the lines of the table that compares what was simulated with what was measured."""
    yield "| path | per second | p50 at 8, ms | p99 at 8, ms | p99 at 32, ms |\n|---|---|---|---|---|"
    for database in DATABASES:
        for path in PATHS:
            was, now = figures[database].paths[path], single(figures[database].paths[path])
            cells = (
                f"{made:.0f}, measured {true:.0f} ({100 * (made / true - 1):+.0f} %)"
                for made, true in (
                    (now.per_second, was.per_second),
                    (now.median, was.median),
                    (now.worst_percent, was.worst_percent),
                    (now.worst_percent_at_32, was.worst_percent_at_32),
                )
            )
            yield f"| {path}, {database} | {' | '.join(cells)} |"


def nodes(machine: Machine, sessions: int = SESSIONS) -> float:
    """Return how many nodes refresh so many sessions on an ordinary day."""
    return sessions / LIFETIME * machine.paths["refresh_token"].server / 1000 / CORES / BUSY


def slice_of(machine: Machine, scale: int, *, room: int | None) -> Service:
    """Return so many nodes as one, each with a core of the database for itself."""
    refresh = machine.paths["refresh_token"]
    stages = [Stage(CORES * scale, refresh.server / 1000), Stage(scale, refresh.database / 1000)]
    return Service(stages, room=room and room * scale)


def herd(
    machine: Machine, *, scale: int = 1, spread: float = 0, room: int | None = None, part: float = HERD
) -> Service:
    """Simulate a herd that comes after a minute on top of the ordinary day's refreshes.

    Args:
        machine: whose figures.
        scale: nodes that are simulated.
        spread: seconds over which it comes, at random.
        room: requests that a node takes in; None: any number.
        part: of all sessions.
    """
    sessions = SESSIONS / nodes(machine) * scale
    random = Random(2)  # noqa: S311  # the same each time
    moments = [HERD_AT + random.uniform(0, spread) for _ in range(int(part * sessions))]
    service = slice_of(machine, scale, room=room)
    service.opened(sessions / LIFETIME, HERD_AT + max(spread, 400), moments)
    return service


def herds(machine: Machine) -> dict[str, Service]:
    """Simulate the ordinary day and each way to meet a herd."""
    return {
        "no herd": herd(machine, part=0),
        "all at once": herd(machine),
        f"all at once, {ROOM} let in": herd(machine, room=ROOM),
        f"over {JITTER // 60} minutes": herd(machine, spread=JITTER),
    }


def drained(service: Service) -> float:
    """Return the seconds after which 99 of a hundred that came in the herd's first second have their answer."""
    first = [each for each in service.answered if HERD_AT <= each.came < HERD_AT + 1]
    return share(first, 0.99, of=lambda each: each.done - each.came)


def herd_table(runs: Mapping[str, Service]) -> Iterator[str]:
    """Yield the lines of the table of herds."""
    yield "| the herd comes | p50 | p99 | the first second's are answered after | refused |\n|---|---|---|---|---|"
    for name, service in runs.items():
        met: list[Answered] = [each for each in service.answered if each.came >= HERD_AT]
        times = f"{_told(share(met, 0.5))} | {_told(share(met, 0.99))} | {_told(drained(service))}"
        yield f"| {name} | {times} | {100 * service.refused / len(met):.0f} % |"


def need_table(figures: Mapping[str, Machine]) -> Iterator[str]:
    """Yield the lines of the table of what an ordinary day needs."""
    yield "| sessions | database | refreshes a second | nodes | cores its database uses | commits, of those measured |"
    yield "|---|---|---|---|---|---|"
    for sessions in (10**6, 10**7, SESSIONS):
        for database in DATABASES:
            machine = figures[database]
            rate = sessions / LIFETIME
            busy = rate * machine.paths["refresh_token"].database / 1000
            cells = f"{ceil(nodes(machine, sessions))} | {busy:.1f} | {100 * rate / machine.commits:.0f} %"
            yield f"| {sessions:,} | {database} | {rate:,.0f} | {cells} |"


def _told(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
