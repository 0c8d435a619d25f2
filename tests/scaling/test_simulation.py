"""bench/simulate.py: a queue is what theory says, a node what was measured, and the page what was simulated."""

from math import factorial

import pytest

from bench.measured import measured
from bench.queues import Service, Stage
from bench.simulate import DATABASES, HERD, PATHS, SESSIONS, drained, herd, nodes, single, tables

from .partitioning import PAGE

FIGURES = measured()


def test_a_queue_waits_as_erlang_says() -> None:
    """The mean time in an M/M/3 queue that is busy to 80 % is that of Erlang's formula, within a twentieth."""
    cores, seconds, busy = 3, 0.01, 0.8
    load = cores * busy
    waiting = load**cores / factorial(cores) / (1 - busy)
    waits = waiting / (waiting + sum(load**number / factorial(number) for number in range(cores)))
    service = Service([Stage(cores, seconds)])
    service.opened(load / seconds, 200)
    mean = sum(each.took for each in service.answered) / len(service.answered)
    assert mean == pytest.approx(seconds + waits * seconds / cores / (1 - busy), rel=0.05)


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("path", PATHS)
def test_a_node_is_as_it_was_measured(database: str, path: str) -> None:
    """What is simulated of a single node is within the errors that the page states."""
    was = FIGURES[database].paths[path]
    now = single(was)
    assert now.per_second == pytest.approx(was.per_second, rel=0.1)
    assert now.median == pytest.approx(was.median, rel=0.1)
    assert now.worst_percent == pytest.approx(was.worst_percent, rel=0.5)
    assert now.worst_percent_at_32 == pytest.approx(was.worst_percent_at_32, rel=0.4)


def test_a_herd_drains_alike_at_every_scale() -> None:
    """One node and two drain their part of a herd in the time of arithmetic, within a tenth."""
    machine, part = FIGURES["PostgreSQL"], HERD / 4
    of_one = SESSIONS / nodes(machine)
    capacity = 2000 / machine.paths["refresh_token"].server
    # Who came with the herd is served before who came later: first come, first served.
    expected = 0.99 * part * of_one / capacity
    for scale in 1, 2:
        assert drained(herd(machine, scale=scale, part=part)) == pytest.approx(expected, rel=0.1)


def test_the_page_tells_what_is_simulated() -> None:
    """The page's tables are what the measured figures make of them, the same each time; of the herds, one is tried."""
    herds = {"all at once": herd(FIGURES["PostgreSQL"])}
    for line in "\n".join(tables(FIGURES, herds).values()).splitlines():
        assert f"\n{line}\n" in PAGE, "run: make simulate ARGS=--write"
