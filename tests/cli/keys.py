"""What the tests of keys share."""

from pathlib import Path
from typing import Any

from crm_oauth.oauth.keys import SigningKeys
from tests.cli.conftest import Installation


def key_folder(installation: Installation) -> Path:
    """Return where `init` puts the keys."""
    return installation.folder / "var/keys"


def load_keys(installation: Installation) -> SigningKeys:
    """Load the signing keys as the server does."""
    return SigningKeys.load(key_folder(installation) / "private.key", key_folder(installation) / "public.key")


def listed_keys(installation: Installation) -> list[dict[str, Any]]:
    """Return what `keys list` prints."""
    return list(installation.records("keys", "list"))


def rotate(installation: Installation) -> tuple[str, str]:
    """Rotate, and return the kid of the key that verifies now and of the one that signs."""
    before = listed_keys(installation)[0]["kid"]
    return before, installation.records("keys", "rotate")["kid"]
