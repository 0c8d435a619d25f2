"""The audit trail as the layers above see it: what happened, and how it is looked up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol, get_args

Event = Literal[
    "token_issued", "token_refreshed", "token_refused", "token_revoked", "tokens_revoked", "refresh_token_reused",
    "logged_out",
    "client_added", "client_changed", "client_secret_changed", "client_deleted",
    "user_added", "password_set", "user_deactivated", "user_activated",
    "panel_signed_in", "panel_signed_out", "panel_sign_in_refused",
    "signing_key_rotated", "signing_key_retired", "encryption_key_rotated",
    "import_begun", "import_ended", "database_adopted", "indexes_made",
]  # fmt: skip
EVENTS: tuple[Event, ...] = get_args(Event)
"""All that the program notes, in the order in which it is to be chosen from."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened. It never holds a token, secret or password, nor a name that is nobody's.

    Args:
        event: what; the program's own are in `EVENTS`.
        detail: why it was refused, or what was changed; "" if there is no more to say.
        grant_type: of a token request, or "".
        client_id: the client concerned, or "".
        user_id: the user concerned, or "".
        actor: who did it, where that is neither the client nor the user: `cli:root`, `panel:admin`.
        address: where the request came from, or "".
        request_id: the request's, as in its answer and its log lines, or "".
        at: when, aware.
    """

    event: str
    detail: str = ""
    grant_type: str = ""
    client_id: str = ""
    user_id: str = ""
    actor: str = ""
    address: str = ""
    request_id: str = ""
    at: datetime = field(default_factory=_now)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An entry in its place in the trail.

    Args:
        number: grows with every entry; entries of the same moment may be numbered in any order.
        entry: what happened.
    """

    number: int
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: every one for which all that is given holds.

    Args:
        events: one of these.
        client_id: the client concerned.
        user_id: the user concerned.
        actor: who did it.
        address: where it came from.
        request_id: the request's.
        since: not before, aware.
    """

    events: tuple[str, ...] = ()
    client_id: str | None = None
    user_id: str | None = None
    actor: str | None = None
    address: str | None = None
    request_id: str | None = None
    since: datetime | None = None


class AuditStore(Protocol):
    """The trail. Entries are added and, when they are too old, removed; none is ever changed."""

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries; text that does not fit its column is cut."""

    def search(self, which: AuditFilter, *, limit: int = 100, before: int | None = None) -> Sequence[AuditRecord]:
        """At most `limit` entries, the newest first.

        Args:
            which: those wanted.
            limit: how many at most.
            before: the number of the last entry of the page before; None for the first page.
        """

    def follow(self, which: AuditFilter, *, after: int, limit: int = 1000) -> Sequence[AuditRecord]:
        """At most `limit` entries numbered higher than `after`, the oldest first."""

    def purge(self, *, before: datetime, batch: int) -> int:
        """Remove at most `batch` entries that are older, and return how many."""
