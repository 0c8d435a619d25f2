"""`make faults`: the whole trial on each database, and its table."""

import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.faults import trial
from tests.faults.customers import fill
from tests.faults.kinds import schedule
from tests.faults.ledger import Ledger
from tests.faults.report import print_table
from tests.support.database_servers import MariadbServer, PostgresqlServer
from tests.support.site import Site
from tests.support.started import started

_SERVERS = {"sqlite": None, "mariadb": MariadbServer, "postgresql": PostgresqlServer}


def main() -> int:
    """Run the trial; status 1 says that a promise was broken."""
    parser = ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("databases", nargs="*", choices=[[], *_SERVERS], help="all unless named")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=1800, help="for each database; no fault happens after them")
    options = parser.parse_args()
    extent = trial.Extent(options.tokens, options.seconds)
    rows = ((name, _try(name, options.faults, extent)) for name in options.databases or _SERVERS)
    return 0 if print_table(rows) else 1


def _try(name: str, faults: int, extent: trial.Extent) -> trial.Reckoning:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    make = _SERVERS[name]
    with started(make(durable=True)) if make else nullcontext() as server, TemporaryDirectory() as folder, bar:
        site = Site(Path(folder), "7.10.2", server.new_database() if server else None, trial.SETTINGS)
        site.fill(fill)
        task = bar.add_task(name, total=faults)

        def told(number: int, ledger: Ledger) -> None:
            bar.update(task, completed=number, description=f"{name}: {ledger.acknowledged} tokens")

        with site:
            return trial.run(site, schedule(faults, site, server), extent, told)


if __name__ == "__main__":
    sys.exit(main())
