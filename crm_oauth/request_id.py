"""What the request is called that this thread answers."""

from contextvars import ContextVar

REQUEST_ID = "crm_oauth.request_id"
"""Where a request's environment holds its identifier."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the identifier of the request that this thread answers, or answered last; "" before its first."""
    return _current.get()


def begin_request(request_id: str) -> None:
    """Say which request this thread answers from now on."""
    _current.set(request_id)
