"""Where failures are counted, so that several processes count as one."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from ipaddress import ip_address
from typing import Protocol

from crm_oauth.rates import Rate

_IPV6_SITE = 64  # bits: whoever has one IPv6 address has 2^64 of them


class CounterUnavailable(Exception):  # noqa: N818  # a state of the world, not a mistake of ours
    """The place where failures are counted gives no answer. Its text is for the log only."""


class FailureCounter(Protocol):
    """Counts failures by subject; a count leaks away at its rate."""

    def read(self, rates: Mapping[str, Rate], now: float) -> Sequence[float]:
        """Return what is left of each subject's failures, in the order of the subjects.

        Args:
            rates: each subject and the rate of its kind.
            now: seconds since 1970.
        """

    def add(self, subject: str, rate: Rate, now: float) -> float:
        """Count a failure, and return what the subject has now."""

    def forget(self, subject: str) -> None:
        """Forget a subject's failures."""


def subject(kind: str, name: str, address: str) -> str:
    """Return under which name something is counted: a digest, for people type passwords where names belong.

    Args:
        kind: what the name is of.
        name: as sent, or as folded.
        address: where the request came from.
    """
    return blake2b("\0".join((kind, name, _site(address))).encode("utf-8", "replace"), digest_size=24).hexdigest()


def _site(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:  # a Unix socket has none
        return address
    if parsed.version == 4:  # noqa: PLR2004  # IPv4
        return address
    if mapped := parsed.ipv4_mapped:
        return str(mapped)
    return str(int(parsed) >> (128 - _IPV6_SITE))
