"""Pages of very many tokens: each is read from where the last one ended, none by counting from the beginning."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm_oauth.store.models import Token
from crm_oauth.store.token_search import TokenSearch

COUNTED = 5_000
"""So many tokens of a search are counted, and may be sorted; of more, rows are read in order until enough fit."""

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

Column = InstrumentedAttribute[Any]

_Stretch = tuple[ColumnElement[bool], Sequence[Column]]
"""Which rows, side by side in an index, and what orders them: MariaDB sorts all for a column that is constant."""

ORDERS: dict[str, tuple[Column, ...]] = {
    "entered": (Token.date_entered, Token.id),
    "access": (Token.access_token_expires, Token.id),
    "refresh": (Token.refresh_token_expires, Token.access_token_expires, Token.id),
    "id": (Token.id,),
}
"""The orders that an index serves; the id tells apart what is else equal."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in an order.

    Args:
        values: of the order's columns; the first may be None.
    """

    values: tuple[Any, ...]

    @classmethod
    def of(cls, token: Token, order: tuple[Column, ...]) -> Self:
        """Return the place of a row."""
        return cls(tuple(getattr(token, column.key) for column in order))

    @classmethod
    def parse(cls, text: str, order: tuple[Column, ...]) -> Self | None:
        """Read what `str` made; None if it is no place in this order."""
        parts = text.split("~")
        if len(parts) != len(order) or not parts[-1]:
            return None
        try:
            moments = [datetime.fromtimestamp(int(part), UTC) if part else None for part in parts[:-1]]
        except (ValueError, OverflowError, OSError):
            return None
        return cls((*moments, parts[-1]))

    def __str__(self) -> str:
        *moments, row_id = self.values
        return "~".join([*(str(int(each.timestamp())) if each else "" for each in moments), row_id])


@dataclass(frozen=True, slots=True)
class TokenPage:
    """Some rows of a search, in order.

    Args:
        rows: the tokens.
        has_previous: whether there are rows before them.
        has_next: whether there are rows after them.
    """

    rows: Sequence[Token]
    has_previous: bool
    has_next: bool


def count(session: Session, search: TokenSearch, limit: int | None = COUNTED) -> int:
    """Count the rows of a search, but no further than one more than a limit."""
    found = select(Token.id).where(*search.conditions())
    if limit is not None:
        found = found.limit(limit + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


class Pages(Protocol):
    """The pages of a search in an order."""

    def after(self, place: Place | None, size: int) -> TokenPage:
        """Return the rows that follow a place, or the first page."""

    def before(self, place: Place | None, size: int) -> TokenPage:
        """Return the rows that precede a place, or the last page."""


def pages(session: Session, search: TokenSearch, order: tuple[Column, ...], *, descending: bool, few: bool) -> Pages:
    """Return the pages of a search in an order.

    Args:
        session: SQLAlchemy's.
        search: which rows.
        order: one of `ORDERS`.
        descending: whether the last come first; where the first column is NULL it is less than any value.
        few: whether there are at most `COUNTED` rows.
    """
    return (FewPages if few else ManyPages)(session, search, order, descending)


@dataclass(frozen=True, slots=True)
class FewPages:
    """Finds all rows by what is searched for, and sorts them here: no database is tempted to read a whole table."""

    session: Session
    search: TokenSearch
    order: tuple[Column, ...]
    descending: bool

    def after(self, place: Place | None, size: int) -> TokenPage:
        """Return the rows that follow a place, or the first page."""
        places = self._places()
        start = 0
        if place is not None:
            number = (bisect_left if self.descending else bisect_right)(places, _key(place.values))
            start = len(places) - number if self.descending else number
        return self._page(places, start, start + size)

    def before(self, place: Place | None, size: int) -> TokenPage:
        """Return the rows that precede a place, or the last page."""
        places = self._places()
        end = len(places)
        if place is not None:
            number = (bisect_right if self.descending else bisect_left)(places, _key(place.values))
            end = len(places) - number if self.descending else number
        return self._page(places, max(end - size, 0), end)

    def _places(self) -> list[tuple[Any, ...]]:
        """Return the places of all rows, ascending."""
        query = select(*self.order).where(*self.search.conditions()).limit(COUNTED + 1)
        return sorted(_key(row) for row in self.session.execute(query))

    def _page(self, places: list[tuple[Any, ...]], start: int, end: int) -> TokenPage:
        ids = [values[-1] for values in (reversed(places) if self.descending else places)][start:end]
        rows = {row.id: row for row in self.session.scalars(select(Token).where(Token.id.in_(ids)))}
        return TokenPage([rows[each] for each in ids if each in rows], start > 0, end < len(places))


def _key(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([_BEFORE_ALL if value is None else value for value in values])


@dataclass(frozen=True, slots=True)
class ManyPages:
    """Reads rows in their order, by an index, until enough fit the search."""

    session: Session
    search: TokenSearch
    order: tuple[Column, ...]
    descending: bool

    def after(self, place: Place | None, size: int) -> TokenPage:
        """Return the rows that follow a place, or the first page."""
        rows = self._read(place, size + 1, descending=self.descending)
        return TokenPage(rows[:size], has_previous=place is not None, has_next=len(rows) > size)

    def before(self, place: Place | None, size: int) -> TokenPage:
        """Return the rows that precede a place, or the last page."""
        rows = self._read(place, size + 1, descending=not self.descending)
        return TokenPage(rows[:size][::-1], has_previous=len(rows) > size, has_next=place is not None)

    def _read(self, place: Place | None, size: int, *, descending: bool) -> list[Token]:
        rows: list[Token] = []
        for stretch, order in self._stretches(place, descending=descending):
            keys = [column.desc() if descending else column.asc() for column in order]
            query = (
                select(Token)
                .where(*self.search.conditions(self.order[0]), stretch)
                .order_by(*keys)
                .limit(size - len(rows))
            )
            rows += self.session.scalars(query)
            if len(rows) == size:
                break
        return rows

    def _stretches(self, place: Place | None, *, descending: bool) -> Iterator[_Stretch]:
        if place is not None:
            yield from self._beyond(self.order, place.values, descending=descending)
            return
        first, *others = self.order
        without = [(first.is_(None), others)] if others else []  # the last is the id
        yield from [] if descending else without
        yield first.is_not(None), self.order
        yield from without if descending else []

    def _beyond(
        self, columns: Sequence[Column], values: Sequence[Any], *, descending: bool, null_is_least: bool = True
    ) -> Iterator[_Stretch]:
        """Yield the stretches that lie beyond a place, in order.

        A comparison of whole rows would be shorter, but MariaDB serves it by no index, and nothing is beyond NULL.
        """
        (first, *others), (value, *rest) = columns, values
        if others:
            # Which of the first column come first is said above; of the others the database says it.
            least = self.session.get_bind().dialect.name != "postgresql"
            beyond = self._beyond(others, rest, descending=descending, null_is_least=least)
            yield from ((and_(first == value, each), order) for each, order in beyond)
        towards_null = descending is null_is_least
        if value is not None:
            yield first < value if descending else first > value, columns
            if towards_null and others:
                yield first.is_(None), others
        elif not towards_null:
            yield first.is_not(None), columns
