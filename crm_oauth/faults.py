"""Faults of configuration: collected, then told to the operator all at once."""

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class StartupError(Exception):
    """The program cannot start as it is configured.

    Args:
        faults: one sentence a fault, each naming what is wrong and how to mend it; never a secret.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def plain(message: str) -> str:
    """Put what pydantic says of a value behind a colon: without its own words, small but for abbreviations."""
    message = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:] if message[1].islower() else message


def attempt(faults: list[str], load: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Load one part of the configuration, and go on to the next when it has faults.

    Args:
        faults: where the sentences of a StartupError are added.
        load: what loads the part.
        args: its arguments.
        kwargs: its keyword arguments.

    Returns:
        What was loaded, or None when it has faults.
    """
    try:
        return load(*args, **kwargs)
    except StartupError as error:
        faults += error.faults
        return None
