"""Units of work around answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from flask import Flask, Response

from crm_oauth.store.db import Conflict, Database, DatabaseUnavailable
from crm_oauth.store.ports import StaleRead, UnknownOwner
from crm_oauth.web.context import after_refusal, answer_in_unit_of_work, repositories

GOOD, REFUSED = Response("good"), Response("refused", 400)


class Journal(list[str]):
    """Stands for a database, and notes what is done in it."""

    @contextmanager
    def unit_of_work(self) -> Iterator[str]:
        """Note how it ends."""
        number = len(self)
        try:
            yield f"stores {number}"
        except BaseException:
            self.append("rolled back")
            raise
        self.append("committed")

    def ask(self, *ends: Response | Exception) -> Response:
        """Answer a request whose attempts end so; each would have something done after its refusal."""
        attempts = iter(enumerate(ends))

        def answer() -> Response:
            number, end = next(attempts)
            stores = repositories()
            after_refusal(lambda others: self.append(f"after {number}, in other stores: {others != stores}"))
            if isinstance(end, Exception):
                raise end
            return end

        with Flask(__name__).app_context():
            return answer_in_unit_of_work(cast("Database", self), answer)


def test_an_answer_is_committed() -> None:
    """An answer that refuses nothing is committed, and nothing follows."""
    journal = Journal()
    assert journal.ask(GOOD) is GOOD
    assert journal == ["committed"]


def test_a_refusal_is_undone() -> None:
    """A refused request is rolled back, and what follows from it is done and committed apart."""
    journal = Journal()
    assert journal.ask(REFUSED) is REFUSED
    assert journal == ["rolled back", "after 0, in other stores: True", "committed"]


def test_what_was_stale_is_asked_afresh() -> None:
    """An attempt on stale rows leaves nothing, neither in the database nor to be done afterwards."""
    journal = Journal()
    assert journal.ask(StaleRead(), Conflict("other"), REFUSED) is REFUSED
    assert journal == ["rolled back"] * 3 + ["after 2, in other stores: True", "committed"]
    journal.clear()
    assert journal.ask(*[StaleRead()] * 4, GOOD) is GOOD
    assert journal == ["rolled back"] * 4 + ["committed"]


@pytest.mark.parametrize(
    ("stale", "fault"),
    [(StaleRead(), DatabaseUnavailable), (Conflict("other"), DatabaseUnavailable), (UnknownOwner("who"), UnknownOwner)],
)
def test_it_ends(stale: Exception, fault: type[Exception]) -> None:
    """Who is outrun five times is told to come again; a user whom nobody knows is a fault."""
    journal = Journal()
    with pytest.raises(fault) as raised:
        journal.ask(*[stale] * 5, GOOD)
    assert type(raised.value) is fault
    assert journal == ["rolled back"] * 5
