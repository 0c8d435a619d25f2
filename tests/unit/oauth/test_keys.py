"""Key files that cannot serve stop the start, each with a sentence that names the file."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.errors import SecurityWarning

from crm_oauth.faults import StartupError
from crm_oauth.key_files import make_key_pair
from crm_oauth.oauth.keys import BadSignatureError, KeyRing, SigningKeys, permission_warning

GOOD = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
WEAK = rsa.generate_private_key(65537, 2040)  # noqa: S505  # that it is refused is what we test
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())


def _private(key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


def _public(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A good pair of files, for a test to spoil."""
    private, public = tmp_path / "private.key", tmp_path / "public.key"
    private.write_bytes(_private(GOOD))
    public.write_bytes(_public(GOOD))
    return private, public


def _faults(pair: tuple[Path, Path]) -> tuple[str, ...]:
    with pytest.raises(StartupError) as caught:
        SigningKeys.load(*pair)
    return caught.value.faults


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_good_pair(pair: tuple[Path, Path], form: PrivateFormat) -> None:
    """A pair of SuiteCRM's loads, in both forms that openssl writes."""
    pair[0].write_bytes(_private(GOOD, form))
    loaded = SigningKeys.load(*pair)
    assert loaded.private.raw_value.key_size == 2048
    assert loaded.warnings == ()


_ENCRYPTED = GOOD.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass phrase"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        _private(GOOD)[:-200],
        _private(GOOD).replace(b"PRIVATE", b"SECRET"),
        _private(ELLIPTIC),
        _ENCRYPTED,
    ],
    ids=["empty", "text", "junk", "cut", "label", "elliptic curve", "pass phrase"],
)
@pytest.mark.parametrize("which", [0, 1], ids=["private", "public"])
def test_no_rsa_key(pair: tuple[Path, Path], which: int, content: bytes) -> None:
    """What is no RSA key in PEM without a pass phrase is refused, by its setting and path, and is not quoted."""
    pair[which].write_bytes(content)
    (fault,) = _faults(pair)
    assert fault.startswith(("CRM_OAUTH_PRIVATE_KEY", "CRM_OAUTH_PUBLIC_KEY")[which])
    assert str(pair[which]) in fault
    assert "BEGIN" not in fault


def test_missing_files(tmp_path: Path) -> None:
    """Both missing files are told at once, with the command that makes them."""
    private, public = _faults((tmp_path / "a.key", tmp_path / "b.key"))
    assert "a.key" in private
    assert "b.key" in public
    assert "crm-oauth init" in private


def test_folder_in_place_of_a_file(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A file that cannot be read is told with the system's reason."""
    (fault,) = _faults((tmp_path, pair[1]))
    assert "cannot be read" in fault


def test_weak_key(pair: tuple[Path, Path]) -> None:
    """An RSA key under 2,048 bits is refused."""
    pair[0].write_bytes(_private(WEAK))
    pair[1].write_bytes(_public(WEAK))
    with pytest.warns(SecurityWarning):
        (fault,) = _faults(pair)
    assert "2048" in fault


def test_mismatched_pair(pair: tuple[Path, Path]) -> None:
    """Halves of two pairs are refused: SuiteCRM could not verify what we sign."""
    pair[1].write_bytes(_public(OTHER))
    (fault,) = _faults(pair)
    assert fault.startswith("CRM_OAUTH_PUBLIC_KEY")


def test_previous_keys(pair: tuple[Path, Path]) -> None:
    """Those that can be used verify after the one that signs; of a weak one a warning tells, of other files nothing."""
    folder = pair[0].parent / "previous"
    folder.mkdir()
    for name, content in {"b.pem": _public(OTHER), "a.pem": _public(WEAK), "c.old": b"no key"}.items():
        (folder / name).write_bytes(content)
    with pytest.warns(SecurityWarning):
        loaded = SigningKeys.load(*pair)
    assert [key.raw_value.key_size for key in loaded.verifying.values()] == [2048, 2048]
    assert next(iter(loaded.verifying)) == loaded.signing.kid
    (warning,) = loaded.warnings
    assert "a.pem has fewer than 2048 bits" in warning


def test_previous_keys_that_cannot_be_read(pair: tuple[Path, Path]) -> None:
    """A file where their folder belongs is told, and stops nothing."""
    (pair[0].parent / "previous").touch()
    (warning,) = SigningKeys.load(*pair).warnings
    assert "cannot be read" in warning


@pytest.mark.parametrize("known", [GOOD, OTHER], ids=["private", "public"])
def test_halves_between_which_a_rotation_is(pair: tuple[Path, Path], known: rsa.RSAPrivateKey) -> None:
    """Where one of two halves that do not match is a previous key's, the server starts, and how to mend it is told."""
    pair[1].write_bytes(_public(OTHER))
    (pair[0].parent / "previous").mkdir()
    (pair[0].parent / "previous" / "a.pem").write_bytes(_public(known))
    (warning,) = SigningKeys.load(*pair).warnings
    assert "crm-oauth keys rotate" in warning


def test_public_half_in_the_private_one_s_place(pair: tuple[Path, Path]) -> None:
    """A public key cannot sign."""
    pair[0].write_bytes(_public(GOOD))
    (fault,) = _faults(pair)
    assert "no private key" in fault


@pytest.mark.parametrize("spoiled", [{"alg": "RS384"}, {"alg": "none"}, {"crit": ["exp"]}], ids=str)
def test_header_that_is_not_understood(pair: tuple[Path, Path], spoiled: dict[str, object]) -> None:
    """What our key signed is refused nevertheless if its header names another algorithm, or what must be understood."""
    keys = KeyRing(*pair)
    good: dict[str, object] = {"typ": "JWT", "alg": "RS256"}
    keys.verify(keys.sign(good, b"{}"), good)
    with pytest.raises(BadSignatureError):
        keys.verify(keys.sign(good | spoiled, b"{}"), good | spoiled)


def test_key_files_that_change(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """What no key signed is refused also when the files have just changed; a key that came with them counts at once."""
    other = tmp_path / "other" / "private.key", tmp_path / "other" / "public.key"
    make_key_pair(*other)
    header = {"typ": "JWT", "alg": "RS256"}
    token, keys = KeyRing(*other).sign(header, b"{}"), KeyRing(*pair)
    pair[0].chmod(0o640)
    with pytest.raises(BadSignatureError):
        keys.verify(token, header)
    for old, new in zip(pair, other, strict=True):
        new.replace(old)
    keys.verify(token, header)


def test_signature_in_another_spelling(pair: tuple[Path, Path]) -> None:
    """A signature counts in the one spelling that a signer gives it, for lists of tokens go by their text."""
    keys = KeyRing(*pair)
    header = {"typ": "JWT", "alg": "RS256"}
    token = keys.sign(header, b"{}")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # Of the last letter four bits say nothing.
    respelled = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    for other in (respelled, token + "==", token + "\n", token + "é", token + "\ud800", token[:-1]):
        with pytest.raises(BadSignatureError):
            keys.verify(other, header)


@pytest.mark.parametrize(
    ("mode", "warned"),
    [(0o400, False), (0o440, False), (0o600, False), (0o640, False), (0o660, False)]
    + [(mode, True) for mode in (0o644, 0o666, 0o700, 0o604, 0o777)],
)
def test_permissions(pair: tuple[Path, Path], mode: int, warned: bool) -> None:  # noqa: FBT001  # pytest's parameters
    """Modes that league takes pass; one that lets others in is told, with the command that mends it."""
    pair[0].chmod(mode)
    warning = permission_warning(pair[0])
    assert (warning is not None) == warned
    assert not warned or "chmod 600" in str(warning)
