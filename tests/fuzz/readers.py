"""What reads the tokens that strangers send: each takes any bytes, and fails only if its reader breaks its word.

Hypothesis feeds them in the suite, atheris in `make fuzz`.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from crm_oauth.compat.defuse import DefuseError, EncryptionKey
from crm_oauth.compat.refresh_codec import RefreshClaims, RefreshCodec, RefreshTokenError
from crm_oauth.key_files import make_key_pair
from crm_oauth.oauth.access_tokens import AccessTokenValidator, jti_of
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.keys import KeyRing
from tests.wire.forged.forge import encode

# A key, not a password: that would cost 100,000 rounds of PBKDF2 for each new salt.
_KEY = EncryptionKey.from_text(
    "def00000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "c8bd80416dc6496a3834f9792dfed9fae0cdfcb55b5231ed6489b86a4322d302"
)
_CODEC = RefreshCodec(_KEY)
_SEALED = _KEY.encrypt(b"what nobody may change")


def defuse_container(data: bytes) -> None:
    """A text is opened only if it is one that we sealed; any other is a DefuseError."""
    for text in (data.decode("latin-1"), data.hex(), _SEALED[:8] + data.hex()):
        try:
            _KEY.decrypt(text)
        except DefuseError:
            continue
        raise AssertionError(f"opened {text!r}")


def changed_container(data: bytes) -> None:
    """A container with any bit changed is a DefuseError."""
    container = bytes.fromhex(_SEALED)
    mask = data[: len(container)].ljust(len(container), b"\0")
    changed = bytes(one ^ other for one, other in zip(container, mask, strict=True))
    try:
        _KEY.decrypt(changed.hex())
    except DefuseError:
        return
    assert changed == container


def refresh_claims(data: bytes) -> None:
    """Whatever was sealed with our key is claims of the right types, or a RefreshTokenError."""
    try:
        claims = _CODEC.decode(_KEY.encrypt(data[:4096]))
    except RefreshTokenError:
        return
    assert isinstance(claims, RefreshClaims)
    assert claims.user_id is None or isinstance(claims.user_id, str)
    assert type(claims.expire_time) is int


def jwt(data: bytes) -> None:
    """No text of a stranger's is an access token: it is an OAuthFault."""
    for text in (data.decode("latin-1"), ".".join(map(encode, data.split(b".")))):
        try:
            _validator().read(text)
        except OAuthFault:
            continue
        raise AssertionError(f"took {text!r}")


def signed_claims(data: bytes) -> None:
    """Whatever our own key signed is claims with a usable identifier, or an OAuthFault."""
    token = _keys().sign({"typ": "JWT", "alg": "RS256"}, data[:4096])
    try:
        jti = jti_of(_validator().read(token))
    except OAuthFault:
        return
    assert jti.isascii()


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (defuse_container, changed_container, refresh_claims, jwt, signed_claims)
}


@cache
def _keys() -> KeyRing:
    folder = Path(mkdtemp(prefix="crm-oauth-fuzz-"))
    pair = folder / "private.key", folder / "public.key"
    make_key_pair(*pair)
    return KeyRing(*pair)


@cache
def _validator() -> AccessTokenValidator:
    return AccessTokenValidator(_keys())
