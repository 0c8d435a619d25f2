"""Takes over the keys of a SuiteCRM site."""

from collections.abc import Iterator
from pathlib import Path

from crm_oauth.faults import StartupError
from crm_oauth.key_files import in_the_way, public_half, take_key
from crm_oauth.oauth.encryption import KNOWN_TO_ALL
from crm_oauth.oauth.pem import MIN_BITS, read_key
from crm_oauth.settings import ENCRYPTION_KEY_FILE, PREFIX, Settings
from crm_oauth.suitecrm.site import SuiteCrmSite


def take_keys(site: SuiteCrmSite, settings: Settings) -> Iterator[str]:
    """Put the keys of a site where the settings say, all or none; the public key is made from the private one.

    Args:
        site: what its folder holds.
        settings: where the keys belong.

    Yields:
        What to tell the operator about each.

    Raises:
        StartupError: there are other keys in their places already.
        OSError: a file cannot be read or written.
    """
    if faults := tuple(_faults(site, settings)):
        raise StartupError(faults)
    if site.private_key is None:
        yield "SuiteCRM has no private.key: access tokens will be signed with a key of our own."
    else:
        taken = take_key(settings.private_key, site.private_key.read_bytes())
        yield f"{settings.private_key}: {'taken from' if taken else 'is'} {site.private_key}"
    if site.encryption_key is None:
        yield "SuiteCRM has no oauth2_encryption_key: no refresh token that it issued will be redeemed."
    elif site.encryption_key == KNOWN_TO_ALL:
        yield "SuiteCRM's oauth2_encryption_key is one that everybody knows: no refresh token of it will be redeemed."
    elif settings.encryption_key is None:
        taken = take_key(ENCRYPTION_KEY_FILE, _bytes(site.encryption_key))
        yield f"{ENCRYPTION_KEY_FILE}: {'taken from' if taken else 'is'} SuiteCRM's oauth2_encryption_key"


def _faults(site: SuiteCrmSite, settings: Settings) -> Iterator[str]:
    """Yield whatever keeps a key from being taken."""
    if site.private_key is not None:
        half = public_half(site.private_key)  # tells what is wrong with the file
        yield from _unusable(site.private_key)
        yield from in_the_way(settings.private_key, site.private_key.read_bytes())
        yield from in_the_way(settings.public_key, half)
    if site.encryption_key is None or site.encryption_key == KNOWN_TO_ALL:
        return
    if settings.encryption_key is None:
        yield from in_the_way(ENCRYPTION_KEY_FILE, _bytes(site.encryption_key))
    elif settings.encryption_key.get_secret_value() != site.encryption_key:
        yield f"{PREFIX}ENCRYPTION_KEY is another key than SuiteCRM's oauth2_encryption_key."


def _unusable(private_key: Path) -> Iterator[str]:
    """Yield whatever makes a private key one that the server would not start with."""
    faults: list[str] = []
    file = read_key(private_key, "SuiteCRM's key", faults)
    yield from faults
    if file and file.is_weak:
        advice = "let clients have new tokens by a key of our own, which a plain `init` makes"
        yield f"{private_key} has fewer than {MIN_BITS} bits; {advice}."


def _bytes(encryption_key: str) -> bytes:
    return encryption_key.encode("utf-8", "surrogateescape")
