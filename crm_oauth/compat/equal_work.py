"""Makes a failing check cost the same whatever is stored, so that time does not tell which names exist."""

import bcrypt

from crm_oauth.compat.crypt_hashes import bcrypt_rounds
from crm_oauth.cores import any_core


@any_core()
def fill_up(stored: str | None, rounds: int) -> None:
    """Spend what a failed check of `stored` lacks to one bcrypt of `rounds`.

    Args:
        stored: What was checked; None stands for an unknown user or client.
        rounds: Binary logarithm of the rounds of the dearest hashes in use; dearer ones stay dearer.
    """
    spent = bcrypt_rounds(stored or "")
    # A hash of cost c is brought to cost r by 2^c + 2^(c+1) + ... + 2^(r-1) rounds more.
    for cost in (rounds,) if spent is None else range(spent, rounds):
        bcrypt.hashpw(b"", b"$2b$%02d$" % cost + b"." * 22)
