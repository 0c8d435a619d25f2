"""A search of tokens in the address of its page: read, and written again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from crm_oauth.store.name_search import find_clients, ids_of_users
from crm_oauth.store.token_pages import ORDERS
from crm_oauth.store.token_search import TokenSearch

_TEXTS = ("id", "client", "client_id", "user", "revoked", "active", "grant")
_RANGES = ("access_from", "access_until", "refresh_from", "refresh_until")
# The times that a search may be about, each with its fields.
_ABOUT = {"refresh": {"refresh_from", "refresh_until"}, "access": {"active", "access_from", "access_until"}}
_FIELDS = (*_TEXTS, *_RANGES)
_LONGEST = 255  # characters of a field
_CLIENTS = 1000  # clients of one name at most


@dataclass(frozen=True, slots=True)
class TokenQuery:
    """What was asked for.

    Args:
        fields: the searches as they were typed, without empty ones.
        order: the column by which the list is sorted.
        descending: whether the last come first.
        errors: what cannot be understood, by field.
    """

    fields: Mapping[str, str]
    order: str
    descending: bool
    errors: Mapping[str, str]

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "TokenQuery":
        """Read an address or a form."""
        typed = {name: arguments.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
        fields = {name: value for name, value in typed.items() if value}
        errors = {name: "A date and time, please." for name in _RANGES if name in fields and not _moment(fields[name])}
        order = arguments.get("sort", "")
        order = order if order in ORDERS else _natural_order(fields)
        return cls(fields, order, arguments.get("dir", "asc" if order == "id" else "desc") != "asc", errors)

    def search(self, session: Session, now: datetime) -> TokenSearch:
        """Return what to look for; a client or user of an unknown name has no tokens."""
        search = TokenSearch(
            token_id=self.fields.get("id", ""),
            revoked={"yes": True, "no": False}.get(self.fields.get("revoked", "")),
            active_at=now if "active" in self.fields else None,
            grant=self.fields.get("grant", ""),
            access_from=_moment(self.fields.get("access_from", "")),
            access_until=_moment(self.fields.get("access_until", "")),
            refresh_from=_moment(self.fields.get("refresh_from", "")),
            refresh_until=_moment(self.fields.get("refresh_until", "")),
        )
        if "client_id" in self.fields:
            search = replace(search, client_ids=(self.fields["client_id"],))
        elif "client" in self.fields:
            found = find_clients(session, self.fields["client"], limit=_CLIENTS, deleted=True)
            search = replace(search, client_ids=tuple(client.id for client in found))
        if "user" in self.fields:
            ids = ids_of_users(session, self.fields["user"])
            search = replace(search, user_ids=tuple(ids))
        return search

    def address(self, **changes: str | None) -> str:
        """Return the query part of an address for this search, with other parameters or without some."""
        now = {**self.fields, "sort": self.order, "dir": "desc" if self.descending else "asc", **changes}
        return "?" + urlencode({name: value for name, value in now.items() if value})

    def among_many(self) -> "TokenQuery":
        """Return this search as very many tokens can be shown: sorted by a time that it is about, if there is one.

        In any other order those that fit may all lie far from where reading begins.
        """
        about = [column for column, names in _ABOUT.items() if names & self.fields.keys()]
        return self if not about or self.order in about else replace(self, order=about[0])

    def sorted_by(self, order: str) -> str:
        """Return the address that sorts by a column, the other way round if it is sorted by that already."""
        turned = "asc" if self.order == order and self.descending else "desc"
        return self.address(sort=order, dir=turned)


def _natural_order(fields: Mapping[str, str]) -> str:
    """Return the order in which what is searched for lies side by side."""
    return next((column for column, names in _ABOUT.items() if names & fields.keys()), "entered")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
