"""`crm-oauth audit`: who got what, who was refused and why, and what was done here."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from crm_oauth.cli.database import current_database
from crm_oauth.cli.output import moment, printable
from crm_oauth.cli.parameters import Age
from crm_oauth.observe.audit_search import user_id_of
from crm_oauth.store.audit_entries import EVENTS, AuditEntry, AuditFilter, AuditRecord
from crm_oauth.store.db import Database

_PAGE = 1000
_PAUSE = 1.0  # seconds between two looks of --follow
# Numbers are given before transactions commit: one that is seen late stands among those that were shown already.
_OVERLAP = 2000


@click.group()
def audit() -> None:
    """Read the audit trail."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--event",
            "events",
            metavar="EVENT",
            type=click.Choice(EVENTS),
            multiple=True,
            help="Only this kind, for instance token_refused; repeatable.",
        ),
        click.option("--client", "client_id", metavar="ID", help="Only what concerns this client."),
        click.option("--user", metavar="USER", help="Only what concerns the user of this name, or with this id."),
        click.option("--request", "request_id", metavar="ID", help="Only the request that an answer named so."),
        click.option("--since", "age", type=Age(), help="Only what is younger, for instance 2h."),
    ):
        command = option(command)
    return command


@audit.command()
@click.option("-n", "count", type=click.IntRange(0, _PAGE), default=20, show_default=True, help="How many entries.")
@click.option("--follow", is_flag=True, help="Go on with those that come, until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@_filters
def tail(*, count: int, follow: bool, as_json: bool, age: timedelta | None, **chosen: Any) -> None:  # noqa: ANN401  # names and values of the filter
    """Show the newest entries, the oldest of them first."""
    show = _as_json if as_json else _as_line
    with current_database() as database:
        which = _filter(database, age, chosen)
        with database.unit_of_work() as stores:
            newest = stores.audit.search(which, limit=count) if count else ()
            last = stores.audit.search(AuditFilter(), limit=1)
        for record in reversed(newest):
            click.echo(show(record))
        if follow:
            shown = {record.number for record in newest}
            for record in _coming(database, which, last[0].number if last else 0, shown):
                click.echo(show(record))


@audit.command()
@_filters
def export(*, age: timedelta | None, **chosen: Any) -> None:  # noqa: ANN401  # same
    """Print every entry, the oldest first, as a JSON object a line."""
    with current_database() as database:
        which = _filter(database, age, chosen)
        after = 0
        while True:
            with database.unit_of_work() as stores:
                page = stores.audit.follow(which, after=after, limit=_PAGE)
            for record in page:
                click.echo(_as_json(record))
            if len(page) < _PAGE:
                return
            after = page[-1].number


def _filter(database: Database, age: timedelta | None, chosen: dict[str, Any]) -> AuditFilter:
    user = chosen.pop("user")
    user_id = None if user is None else _user_id(database, user)
    return AuditFilter(since=None if age is None else datetime.now(UTC) - age, user_id=user_id, **chosen)


def _user_id(database: Database, user: str) -> str:
    with database.work() as unit:
        return user_id_of(unit.session, database.stores(unit).users, user)


def _coming(database: Database, which: AuditFilter, last: int, shown: set[int]) -> Iterator[AuditRecord]:
    """Yield entries as they come; ends with the interrupt."""
    seen = deque(sorted(shown), maxlen=2 * _OVERLAP)
    first = last  # those before were chosen by their count, or not asked for
    while True:
        with database.unit_of_work() as stores:
            page = stores.audit.follow(which, after=max(first, last - _OVERLAP), limit=2 * _OVERLAP)
        known = set(seen)
        for record in page:
            if record.number not in known:
                seen.append(record.number)
                yield record
            last = max(last, record.number)
        if len(page) < 2 * _OVERLAP:
            time.sleep(_PAUSE)


def _as_json(record: AuditRecord) -> str:
    values = asdict(record.entry) | {"at": moment(record.entry.at)}
    return json.dumps({"number": record.number, **values})


def _as_line(record: AuditRecord) -> str:
    entry = record.entry
    told = " ".join(
        f"{field.name}={printable(value)}"
        for field in fields(AuditEntry)
        if field.name not in {"at", "event"} and (value := getattr(entry, field.name))
    )
    return f"{moment(entry.at)} {printable(entry.event)} {told}".rstrip()
