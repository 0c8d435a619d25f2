"""How a token request ended: the one thing that logs, metrics and audit look at."""

from collections.abc import Callable
from dataclasses import dataclass

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import Origin, WireRequest


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one token request ended. It never holds a token, secret or password.

    Args:
        grant_type: of the grant that was asked for; "" when there is no such grant.
        client_id: of the client that was found, or "".
        user_id: the resource owner that was found, whether or not the token was issued; or "".
        status: of the answer.
        refusal: what was wrong, independent of any dialect; "" when a token was issued.
        seconds: from having read the request to having its answer.
        origin: where the request came from.
    """

    grant_type: str
    client_id: str
    user_id: str
    status: int
    refusal: str
    seconds: float
    origin: Origin


Observer = Callable[[Outcome], None]


def outcome_of(request: WireRequest, grant_type: str, status: int, seconds: float) -> Outcome:
    """Return the outcome of a request that has been answered.

    Args:
        request: the token request.
        grant_type: of the grant that was asked for, or "".
        status: of its answer.
        seconds: that it took.
    """
    error = request.refusal
    meaning = error.fault.meaning.name.lower() if isinstance(error, OAuthFault) else getattr(error, "error", "")
    if request.is_backing_off:
        meaning = "backing_off"  # told to nobody outside
    return Outcome(
        grant_type=grant_type,
        client_id=request.client.get_client_id() if request.client else "",
        user_id=request.user.id if request.user else "",
        status=status,
        refusal=meaning,
        seconds=seconds,
        origin=request.origin,
    )
