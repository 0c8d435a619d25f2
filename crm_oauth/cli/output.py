"""Records for people and for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, as_json: bool) -> None:
    """Print records: a JSON array, on a terminal a table, or blocks; else lines of tab-separated values below names.

    Args:
        columns: the records' keys.
        rows: the values of each record in that order; read one by one, so there may be any number.
        as_json: whether a program reads it.
    """
    if as_json:
        _show_json_array(dict(zip(columns, row, strict=True)) for row in rows)
    elif sys.stdout.isatty():
        _show_on_terminal(columns, list(rows))
    else:
        click.echo("\t".join(columns))
        for row in rows:
            click.echo("\t".join(map(_text, row)))


def show_record(record: Mapping[str, object], *, as_json: bool) -> None:
    """Print one record: a JSON object, or a line for each key.

    Args:
        record: keys and values.
        as_json: whether a program reads it.
    """
    if as_json:
        click.echo(json.dumps(record, default=_text))
        return
    width = max(map(len, record))
    for key, value in record.items():
        click.echo(f"{key:{width}}  {_text(value)}")


def printable(text: str) -> str:
    """Replace what is no letter of a line: whoever names a client or user must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def moment(at: datetime) -> str:
    """Return a moment as all commands tell it.

    Args:
        at: in UTC.
    """
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def working(what: str) -> AbstractContextManager[object]:
    """Show, on a terminal only, that something is going on.

    Args:
        what: it, for instance "Upgrading the schema".
    """
    return Console(stderr=True).status(f"{what} ...")


def _show_on_terminal(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(_text(value)) for value in row))
    console = Console()
    width = console.measure(table, options=console.options.update(max_width=sys.maxsize)).maximum
    if width <= console.width or not rows:
        console.print(table)
        return
    # A table that does not fit would cut the ids that the next command needs.
    for row in rows:
        show_record(dict(zip(columns, row, strict=True)), as_json=False)
        click.echo()


def _show_json_array(records: Iterable[Mapping[str, object]]) -> None:
    before = "["
    for record in records:
        click.echo(f"{before}\n  {json.dumps(record, default=_text)}", nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return moment(value)
        case list():
            return ", ".join(map(_text, value))
        case _:
            return printable(str(value))
