"""An HTTP answer as a plain value, so that the dialects need no web framework."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in order, and the text of the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
