"""The tables of docs/scaling.md that follow from RESULTS.md and sizes.json: `python -m bench.scaling` makes them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.measured import measured
from bench.sizes import FILE

PAGE = Path(__file__).parents[1] / "docs/scaling.md"
_PATHS = ("client_credentials", "refresh_token", "password", "verify", "introspect")
_DAY, _HOUR = 86_400, 3600
_KEPT = 60  # days: 30 for which a refresh token is good, and 30 more until the purge takes its row


def main() -> None:
    """Make the tables anew."""
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), tables()), encoding="utf-8")


def tables() -> dict[str, str]:
    """Return each table by its name."""
    return {"costs": "\n".join(_costs()), "sizes": "\n".join(_sizes()), "growth": "\n".join(_growth())}


def replaced(page: str, tables: Mapping[str, str]) -> str:
    """Return the page with tables in their places."""
    for name, table in tables.items():
        before, begin, rest = page.partition(f"<!-- made: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not end:
            raise ValueError(f"the page has no place for {name}")
        page = f"{before}{begin}{table}\n{end}{after}"
    return page


def _costs() -> Iterator[str]:
    yield "| path | database | server, ms | its database, ms | in signatures | a second on one core of a node |"
    yield "|---|---|---|---|---|---|"
    for database, machine in measured().items():
        for path in _PATHS:
            figures = machine.paths[path]
            signatures = (figures.server + figures.database) / machine.signature
            cells = f"{figures.server:.2f} | {figures.database:.2f} | {signatures:.1f} | {1000 / figures.server:.0f}"
            yield f"| {path} | {database} | {cells} |"


def _kept() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def _sizes() -> Iterator[str]:
    kept = _kept()
    rows = ", ".join(f"{database} {kept[database]['rows']:,}" for database in sorted(kept))
    yield f"MB per million rows, measured with so many: {rows}.\n"
    yield f"| table or index | {' | '.join(kept)} |\n|---|{'---|' * len(kept)}"
    for table in next(iter(kept.values()))["tables"]:
        whole = " | ".join(f"**{_megabytes(of, table):.0f}**" for of in kept.values())
        yield f"| **{table}**, with its indexes | {whole} |"
        for part in kept["MariaDB"]["tables"][table]:
            cells = (_part(of, table, part) for of in kept.values())
            yield f"| {'rows' if part == table else part} | {' | '.join(cells)} |"


def _part(of: Mapping[str, Any], table: str, part: str) -> str:
    size = of["tables"][table].get(part)
    return "" if size is None else f"{size / of['rows']:.0f}"


def _megabytes(of: Mapping[str, Any], table: str) -> float:
    return float(sum(of["tables"][table].values()) / of["rows"])


def _growth() -> Iterator[str]:
    kept = _kept()
    yield "| sessions | refreshes a second | rows of each table a day | GB a day | GB kept for 60 days | for 2 days |"
    yield "|---|---|---|---|---|---|"
    largest = max(sum(_megabytes(of, table) for table in of["tables"]) for of in kept.values())
    for sessions in (10**5, 10**6, 10**7, 10**8):
        rows = sessions * _DAY / _HOUR
        daily = rows * largest / 1e9
        kept_for = f"{daily:,.1f} | {daily * _KEPT:,.0f} | {2 * daily:,.0f}"
        yield f"| {sessions:,} | {sessions / _HOUR:,.0f} | {rows / 1e6:,.1f} million | {kept_for} |"


if __name__ == "__main__":
    main()
