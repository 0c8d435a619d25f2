"""Fixtures of the tests that start nothing."""

import bcrypt
import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture
def bcrypt_work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that notes the rounds of each bcrypt done, which are still done for real."""
    work: list[int] = []
    really_hash, really_check = bcrypt.hashpw, bcrypt.checkpw

    def hashpw(secret: bytes, salt: bytes) -> bytes:
        work.append(2 ** int(salt[4:6]))
        return really_hash(secret, salt)

    def checkpw(secret: bytes, stored: bytes) -> bool:
        work.append(2 ** int(stored[4:6]))
        return really_check(secret, stored)

    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    return work
