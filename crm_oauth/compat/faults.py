"""What can be wrong with a request, before any dialect puts it into words."""

from dataclasses import dataclass
from enum import Enum, auto


class Meaning(Enum):
    """The kinds of faults."""

    UNSUPPORTED_GRANT_TYPE = auto()
    INVALID_REQUEST = auto()
    INVALID_CLIENT = auto()
    GRANT_NOT_ALLOWED = auto()
    INVALID_SCOPE = auto()
    INVALID_CREDENTIALS = auto()
    REFRESH_TOKEN_UNDECRYPTABLE = auto()
    REFRESH_TOKEN_NOT_LINKED = auto()
    REFRESH_TOKEN_EXPIRED = auto()
    REFRESH_TOKEN_REVOKED = auto()
    NO_BEARER = auto()
    BEARER_WITHOUT_TWO_DOTS = auto()
    BEARER_NOT_BASE64 = auto()
    BEARER_NOT_JSON = auto()
    BEARER_UNVERIFIED = auto()
    BEARER_EXPIRED = auto()
    BEARER_REVOKED = auto()
    TOO_MANY_REQUESTS = auto()
    SERVER_ERROR = auto()
    UNAVAILABLE = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a request: what it means and the parameter or scope that it is about.

    Args:
        meaning: what is wrong.
        about: the name of the parameter at fault, or the scope that was refused; quoted in the hint.
    """

    meaning: Meaning
    about: str = ""
