"""Ids of new rows."""

import secrets
import time
from uuid import UUID, uuid4


def new_id() -> str:
    """Make the id of a new row: a random UUID, where SuiteCRM's `create_guid` follows the clock."""
    return str(uuid4())


def new_token_id() -> str:
    """Make the id of a new pair of tokens: a UUID that grows with the clock, by the millisecond (RFC 9562 section 5.7).

    Nothing rests on its being hard to guess. New rows stand beside each other in whatever is ordered by id, MariaDB's
    tables among them, so that a write costs the same however many there are.
    """
    milliseconds = time.time_ns() // 1_000_000
    version, random_a, variant, random_b = 7, secrets.randbits(12), 0b10, secrets.randbits(62)
    return str(UUID(int=milliseconds << 80 | version << 76 | random_a << 64 | variant << 62 | random_b))
