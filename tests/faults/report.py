"""The table of trials."""

from collections.abc import Iterable
from dataclasses import astuple, fields

from tests.faults.trial import Reckoning


def print_table(rows: Iterable[tuple[str, Reckoning]]) -> bool:
    """Print each trial as soon as it is over, and return whether every promise was kept.

    Args:
        rows: what was tried, and what became of it.
    """
    print("| database |", " | ".join(field.name.replace("_", " ") for field in fields(Reckoning)), "|")
    print("|---" * (1 + len(fields(Reckoning))) + "|", flush=True)
    kept = True
    for name, reckoning in rows:
        cells = (f"{value:.1f} s" if isinstance(value, float) else value for value in astuple(reckoning))
        print("|", " | ".join(map(str, (name, *cells))), "|", flush=True)
        kept = kept and reckoning.kept
    return kept
