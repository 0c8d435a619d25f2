"""The figures of RESULTS.md, read back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PAGE = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class PathFigures:
    """What one path measured: a rate at 8 connections, latencies and CPU of each request in milliseconds."""

    per_second: float
    median: float
    worst_percent: float
    worst_percent_at_32: float
    server: float
    database: float
    load: float


@dataclass(frozen=True)
class Machine:
    """What was measured with one database: floors in milliseconds, durable commits a second, and each path."""

    signature: float
    commits: float
    paths: Mapping[str, PathFigures]


def measured() -> dict[str, Machine]:
    """Return the figures of each database."""
    _, *sections = re.split(r"^## ", _PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {section.split("\n", 1)[0]: _machine(section) for section in sections}


def _machine(section: str) -> Machine:
    floors = re.search(r"signature ([\d.]+) ms.*?durable commits\s+([\d.]+)/s", section, re.DOTALL)
    if floors is None:
        raise ValueError("RESULTS.md has no floors")
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) ± .*? % \| (.*?) \| [\d.]+ \| [\d.]+ \| \d+ \|$", section, re.MULTILINE)
    paths = {name: PathFigures(float(rate), *map(float, others.split(" | "))) for name, rate, others in rows}
    return Machine(float(floors[1]), float(floors[2]), paths)
