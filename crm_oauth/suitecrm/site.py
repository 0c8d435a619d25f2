"""A SuiteCRM site's own files: what its PHP signs and encrypts with, and where its database is."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL

from crm_oauth.compat.php_assignments import PhpArray, PhpSyntaxError, read_assignments
from crm_oauth.faults import StartupError

# The newer API's folder first: where both are, the older one is kept for what is deprecated.
_PRIVATE_KEYS = ("Api/V8/OAuth2/private.key", "lib/API/OAuth2/private.key")

# Where versions that did not keep the encryption key in config.php had it.
_API_CONFIG = "Api/Core/Config/ApiConfig.php"
_KEY_CONSTANT = re.compile(rb"^\s*const\s+OAUTH2_ENCRYPTION_KEY\s*=\s*'([^'\\]*)'\s*;", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SuiteCrmSite:
    """What was found in a SuiteCRM folder.

    Args:
        private_key: the file of the RSA key that signs access tokens; None where SuiteCRM never signed one.
        encryption_key: the text that refresh tokens are encrypted with; None where each request made its own.
        database_url: of SuiteCRM's database; None if it is neither MySQL nor MariaDB.
    """

    private_key: Path | None
    encryption_key: str | None = field(repr=False)
    database_url: URL | None = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> "SuiteCrmSite":
        """Read a site's files; none of them is executed.

        Args:
            folder: the one with `config.php`, or the root of SuiteCRM 8, which has it in `public/legacy`.

        Raises:
            StartupError: there is no configuration, or it is more than plain values.
            OSError: a file cannot be read.
        """
        root = next((place for place in (folder, folder / "public/legacy") if (place / "config.php").is_file()), None)
        if root is None:
            raise StartupError([f"{folder} is no SuiteCRM: it has no config.php."])
        config = _config(root)
        return cls(
            private_key=next((root / name for name in _PRIVATE_KEYS if (root / name).is_file()), None),
            encryption_key=_encryption_key(root, config),
            database_url=_database_url(config),
        )


def _config(root: Path) -> PhpArray:
    config: PhpArray = {}
    for path in (root / "config.php", root / "config_override.php"):
        if path.is_file():
            try:
                config = read_assignments(path.read_bytes(), "sugar_config", config)
            except PhpSyntaxError as error:
                # Read only in part it might say something else than PHP hears.
                raise StartupError([f"{path} cannot be read: {error}. Take what is needed from it by hand."]) from None
    return config


def _encryption_key(root: Path, config: PhpArray) -> str | None:
    key = config.get("oauth2_encryption_key")
    if isinstance(key, str) and key:
        return key
    path = root / _API_CONFIG
    constant = _KEY_CONSTANT.search(path.read_bytes()) if path.is_file() else None
    return constant[1].decode("utf-8", "surrogateescape") or None if constant else None


def _database_url(config: PhpArray) -> URL | None:
    given = config.get("dbconfig")
    if not isinstance(given, dict) or given.get("db_type") != "mysql":
        return None
    texts = {key: str(value) for key, value in given.items() if isinstance(value, str | int)}
    host, _, port = texts.get("db_host_name", "").partition(":")
    port = texts.get("db_port") or port
    return URL.create(
        "mysql+pymysql",
        username=texts.get("db_user_name"),
        password=texts.get("db_password"),
        host=host or "localhost",
        port=int(port) if port.isdecimal() else None,
        database=texts.get("db_name"),
    )
