"""What a request has at hand: its unit of work and the stores within it."""

from collections.abc import Callable

from flask import Response, g

from crm_oauth.store.db import Conflict, Database, DatabaseUnavailable
from crm_oauth.store.ports import Repositories, StaleRead, UnknownOwner

_BAD_REQUEST = 400
_ATTEMPTS = 5

Work = Callable[[Repositories], object]


class _RefusedError(Exception):
    """Carries a refusal out of the unit of work, so that nothing of the request stays."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def repositories() -> Repositories:
    """Return the stores of the current request's unit of work."""
    stores: Repositories = g.repositories
    return stores


def after_refusal(work: Work) -> None:
    """Do something in a unit of work of its own, once that of the refused request has been rolled back.

    Args:
        work: what is to be done.
    """
    g.consequences = (*g.consequences, work)


def answer_in_unit_of_work(database: Database, answer: Callable[[], Response]) -> Response:
    """Make an answer within one unit of work: committed before it leaves, rolled back when it is a refusal.

    Args:
        database: where the unit of work is opened.
        answer: makes the answer; called again, in a new unit of work, when what it had read was stale or others were
            faster.

    Raises:
        DatabaseUnavailable: when the database is away, also at the commit: the client is then not told of success;
            or when rows change faster than they can be read.
        UnknownOwner: a grant names, again and again, a user whom the database does not have.
    """
    stale: StaleRead | Conflict = StaleRead()
    for _ in range(_ATTEMPTS):
        g.consequences = ()
        try:
            return _answer_once(database, answer)
        except (StaleRead, Conflict) as error:
            stale = error
    if isinstance(stale, UnknownOwner):
        raise stale
    raise DatabaseUnavailable("the rows of one request were changed again and again")


def _answer_once(database: Database, answer: Callable[[], Response]) -> Response:
    try:
        with database.unit_of_work() as stores:
            g.repositories = stores
            return _unless_refused(answer())
    except _RefusedError as refused:
        for work in g.consequences:
            with database.unit_of_work() as stores:
                work(stores)
        return refused.response


def _unless_refused(response: Response) -> Response:
    if response.status_code >= _BAD_REQUEST:
        raise _RefusedError(response)
    return response
