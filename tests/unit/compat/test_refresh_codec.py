"""Refresh tokens, recorded from PHP and made here."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_oauth.compat.defuse import EncryptionKey
from crm_oauth.compat.defuse_secret import RawKey
from crm_oauth.compat.refresh_codec import RefreshClaims, RefreshCodec, RefreshTokenError
from tests.unit.compat import vectors

VECTORS = vectors.load("refresh_tokens")["vectors"]
ISSUED = [token for token in vectors.load("access_tokens")["tokens"] if "refresh_token" in token]
KEY, OLD_KEY, OTHER_KEY = (EncryptionKey(RawKey(bytes([number]) * 32)) for number in range(3))
CODEC = RefreshCodec(KEY, [OLD_KEY])
CLAIMS = RefreshClaims("client", "ab" * 40, "cd" * 40, ("standard:read",), "1", 1_900_000_000)
GOOD: dict[str, Any] = {
    "client_id": "client",
    "refresh_token_id": "ab" * 40,
    "access_token_id": "cd" * 40,
    "scopes": ["standard:read"],
    "user_id": "1",
    "expire_time": 1_900_000_000,
}


def recorded_codec(vector: dict[str, Any]) -> RefreshCodec:
    """Read the secret of a vector as a setting would bring it."""
    return RefreshCodec(EncryptionKey.from_text(vector.get("key_ascii") or bytes.fromhex(vector["password_hex"])))


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["expect"] == "ok"], ids=lambda vector: vector["id"])
def test_recorded_token_is_decoded(vector: dict[str, Any]) -> None:
    """Every token that PHP made gives the claims that PHP put in; its user `true` is nobody in particular."""
    said = json.loads(vector["plaintext"])
    user_id = None if said["user_id"] is True else said["user_id"]
    expected = RefreshClaims(**{**said, "scopes": tuple(said["scopes"]), "user_id": user_id})
    assert recorded_codec(vector).decode(vector["ciphertext"]) == expected


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["expect"] == "fail"], ids=lambda vector: vector["id"])
def test_bad_recorded_token_is_refused(vector: dict[str, Any]) -> None:
    """Every token that PHP refuses is refused."""
    with pytest.raises(RefreshTokenError):
        recorded_codec(vector).decode(vector["ciphertext"])


@pytest.mark.parametrize("token", ISSUED, ids=lambda token: token["profile"])
def test_token_of_a_real_server_is_written_again_to_the_byte(token: dict[str, str]) -> None:
    """Decoding a token of a real server and encoding its claims gives the very JSON of that server."""
    key = EncryptionKey.from_text(token["encryption_key"])
    codec = RefreshCodec(key)
    again = codec.encode(codec.decode(token["refresh_token"]))
    assert key.decrypt(again).decode() == token["refresh_plaintext"]
    assert len(again) == len(token["refresh_token"])


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.builds(RefreshClaims, TEXTS, TEXTS, TEXTS, st.lists(TEXTS).map(tuple), st.none() | TEXTS, st.integers(0)))
def test_round_trip(claims: RefreshClaims) -> None:
    """Claims of any text come back as they were."""
    assert CODEC.decode(CODEC.encode(claims)) == claims


def test_token_of_a_previous_key_is_decoded() -> None:
    """After a rotation old tokens can be read, and new ones are written with the current key only."""
    assert CODEC.decode(RefreshCodec(OLD_KEY).encode(CLAIMS)) == CLAIMS
    assert RefreshCodec(KEY).decode(CODEC.encode(CLAIMS)) == CLAIMS


def test_token_of_an_unknown_key_is_refused() -> None:
    """A key that is neither current nor previous opens nothing."""
    with pytest.raises(RefreshTokenError):
        CODEC.decode(RefreshCodec(OTHER_KEY).encode(CLAIMS))


@pytest.mark.parametrize(("said", "meant"), [("x", "x"), ("", ""), (None, None), (True, None), (42, "42")])
def test_user_id_in_every_form_of_php(said: object, meant: str | None) -> None:
    """PHP wrote user ids as text, null, true and numbers."""
    assert CODEC.decode(KEY.encrypt(json.dumps(GOOD | {"user_id": said}).encode())).user_id == meant


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": None},
        {"client_id": 1},
        {"refresh_token_id": True},
        {"access_token_id": ["x"]},
        {"scopes": "standard:read"},
        {"scopes": None},
        {"scopes": {"0": "standard:read"}},
        {"scopes": ["standard:read", 1]},
        {"user_id": False},
        {"user_id": 1.5},
        {"user_id": ["1"]},
        {"expire_time": "1900000000"},
        {"expire_time": 1.9e9},
        {"expire_time": True},
        {"expire_time": None},
    ],
    ids=repr,
)
def test_claim_of_another_type_is_refused(change: dict[str, object]) -> None:
    """A claim of a type that PHP never wrote is refused, however well encrypted."""
    with pytest.raises(RefreshTokenError):
        CODEC.decode(KEY.encrypt(json.dumps(GOOD | change).encode()))


@pytest.mark.parametrize("name", GOOD)
def test_missing_claim_is_refused(name: str) -> None:
    """No claim is optional."""
    rest = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(RefreshTokenError):
        CODEC.decode(KEY.encrypt(json.dumps(rest).encode()))


@pytest.mark.parametrize(
    "plaintext",
    [b"", b"x", b"null", b"[]", b'"text"', b"\xff", json.dumps(GOOD).encode("utf-16"), b"[" * 8000, b"9" * 8000],
    ids=["empty", "word", "null", "list", "text", "bytes", "utf-16", "deep", "digits"],
)
def test_plaintext_that_is_no_json_object_is_refused(plaintext: bytes) -> None:
    """Whatever was encrypted, the refusal is our own error."""
    with pytest.raises(RefreshTokenError):
        CODEC.decode(KEY.encrypt(plaintext))


def test_a_previous_key_is_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first token of a previous key no further one costs a derivation, not even for the current key."""
    old = EncryptionKey.from_text("old")
    claims = RefreshClaims("client", "refresh", "access", (), "1", 1)
    tokens = [RefreshCodec(old).encode(claims) for _ in range(3)]
    codec = RefreshCodec(EncryptionKey.from_text("new"), [EncryptionKey.from_text("old")])
    assert codec.decode(tokens[0]) == claims
    monkeypatch.setattr("crm_oauth.compat.defuse_secret.pbkdf2_hmac", None)
    assert [codec.decode(token) for token in tokens[1:]] == [claims, claims]
