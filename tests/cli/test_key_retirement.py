"""`crm-oauth keys retire`."""

import os
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from joserfc.jwk import RSAKey

from tests.cli.conftest import Installation
from tests.cli.keys import key_folder, load_keys, rotate

_HOUR = 3600


def _set_age(installation: Installation, kid: str, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(key_folder(installation) / "previous" / f"{kid}.pem", (moment, moment))


@pytest.mark.parametrize(("age", "retired"), [(_HOUR + 40, False), (_HOUR + 80, True)])
def test_a_key_is_retired_once_its_tokens_are_dead(ready: Installation, age: float, retired: bool) -> None:  # noqa: FBT001  # pytest's parameters
    """A minute after the last token that it signed expired, not sooner, a key can be removed."""
    old, new = rotate(ready)
    _set_age(ready, old, age)
    if retired:
        assert old in ready.told("keys", "retire", old)
    else:
        assert "--now" in ready.refusal("keys", "retire", old)
    assert (old in load_keys(ready).verifying) is not retired
    assert new in load_keys(ready).verifying


def test_a_key_can_be_retired_at_once(ready: Installation) -> None:
    """`--now` removes a key whose tokens are alive, in every file that holds it, and the trail says which."""
    old, new = rotate(ready)
    previous = key_folder(ready) / "previous"
    (previous / "copy.pem").write_bytes((previous / f"{old}.pem").read_bytes())
    ready.told("keys", "retire", "--now", old)
    assert list(load_keys(ready).verifying) == [new]
    assert list(previous.iterdir()) == []
    assert f"signing_key_retired detail=kid: {old} " in ready.told("audit", "tail")


def test_the_key_that_signs_is_not_retired(ready: Installation) -> None:
    """Not even `--now` removes it; the complaint names the command to begin with."""
    old, new = rotate(ready)
    assert "crm-oauth keys rotate" in ready.refusal("keys", "retire", "--now", new)
    assert list(load_keys(ready).verifying) == [new, old]


def test_an_unknown_key_is_told(ready: Installation) -> None:
    """A kid that no key has is a fault."""
    assert "crm-oauth keys list" in ready.refusal("keys", "retire", "nonsense")


def test_a_kid_may_begin_with_a_dash(ready: Installation) -> None:
    """One thumbprint in 64 looks like an option, and is taken for what it is."""
    modulus = (1 << 2047) + 1
    while not (key := RSAKey.import_key(_public_pem(modulus))).thumbprint().startswith("-"):
        modulus += 2
    rotate(ready)
    (key_folder(ready) / "previous/mine.pem").write_bytes(_public_pem(modulus))
    ready.told("keys", "retire", key.thumbprint(), "--now")
    assert not (key_folder(ready) / "previous/mine.pem").exists()


def _public_pem(modulus: int) -> bytes:
    key = RSAPublicNumbers(65537, modulus).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
