"""What an operator sets through the environment, checked at start with every fault named at once."""

import os
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from dotenv.parser import parse_stream
from pydantic import (
    AnyUrl,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    UrlConstraints,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from crm_oauth.faults import StartupError, plain
from crm_oauth.rates import Rate

PREFIX = "CRM_OAUTH_"

ENCRYPTION_KEY_FILE = Path("var/keys/encryption.key")
SESSION_KEY_FILE = Path("var/keys/session.key")

_LdapUrl = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["ldap", "ldaps"], host_required=True)]
_READ_RATE = BeforeValidator(lambda value: Rate.parse(value) if isinstance(value, str) else value)
_Rate = Annotated[Rate, NoDecode, _READ_RATE]
_NamingUser = Annotated[str, StringConstraints(pattern=r"\{username\}")]


class Settings(BaseSettings):
    """One frozen value a setting; docs/reference/settings.md lists them.

    Read from variables that start with `CRM_OAUTH_`, and from a `.env` file in the working directory. A variable
    with that prefix which is not listed here is a fault, and so is any other name in the file, which is the server's
    alone: a typing error must not silently leave a default in place.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    profile: str = Field("default", description="a profile's name in `config/`, or the path of a TOML file")
    database_url: SecretStr = Field(
        SecretStr("sqlite:///var/crm-oauth.db"),
        description="SQLAlchemy URL: `sqlite:///…`, `mysql://…` (MariaDB too), `postgresql://…`. In its password write "
        "`@` as `%40`, `/` as `%2F`, `#` as `%23`, `:` as `%3A`",
    )
    private_key: Path = Field(Path("var/keys/private.key"), description="RSA key that signs, PEM")
    public_key: Path = Field(Path("var/keys/public.key"), description="its public half, PEM")
    encryption_key: SecretStr | None = Field(
        None,
        description="SuiteCRM's `oauth2_encryption_key`, or a defuse ASCII-safe key; unset: `var/keys/encryption.key`",
    )
    encryption_key_previous: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="older encryption keys, comma-separated: they still decrypt refresh tokens"
    )
    session_key: SecretStr | None = Field(None, description="signs the panel's sessions; unset: `var/keys/session.key`")
    panel: bool = Field(default=True, description="whether there is a panel at `/admin/`")
    panel_idle: int = Field(
        1800, ge=60, le=86_400, description="seconds without a request after which an administrator is signed out"
    )
    panel_session: int = Field(
        43_200, ge=300, le=604_800, description="seconds after which an administrator must sign in again in any case"
    )
    refresh_grace: int = Field(
        0, ge=0, le=300, description="seconds in which a used refresh token gets the same session again; 0: never"
    )
    keep_sessions_on_password_change: bool = Field(
        default=False, description="whether a user who gets a new password keeps the tokens that are out"
    )
    user_store: Literal["database", "ldap"] = Field(
        "database", description="what checks passwords: `database`, the hash in the user's row, or `ldap`, a directory"
    )
    ldap_url: _LdapUrl | None = Field(
        None, description="the directory: `ldap://HOST` or `ldaps://HOST`, with a port if need be"
    )
    ldap_start_tls: bool = Field(
        default=True,
        description="whether a connection to `ldap://` is encrypted, with StartTLS, before anything is asked",
    )
    ldap_ca_file: Path | None = Field(
        None, description="certificates of those who may vouch for the directory, PEM; unset: the system's"
    )
    ldap_timeout: int = Field(5, ge=1, le=60, description="seconds in which the directory must have answered")
    ldap_user_dn: _NamingUser | None = Field(
        None,
        description="the name of each user's entry, such as `uid={username},ou=people,dc=example,dc=org`",
        examples=["uid={username},ou=people,dc=example,dc=org"],
    )
    ldap_search_base: str | None = Field(
        None, description="the entry under which users are searched, where one pattern does not fit all their names"
    )
    ldap_search_filter: _NamingUser = Field(
        "(uid={username})", description="finds a user under the search base", examples=["(uid={username})"]
    )
    ldap_search_dn: str | None = Field(None, description="the account that searches; unset: nobody in particular")
    ldap_search_password: SecretStr | None = Field(None, description="its password")
    suitecrm_timezone: ZoneInfo | None = Field(
        None,
        description="PHP's time zone, such as `Europe/Berlin`, of a SuiteCRM whose database is shared or imported; "
        "unset: UTC",
    )
    suitecrm_write_users: bool = Field(
        default=False, description="whether users may be changed where the database is SuiteCRM's own"
    )
    import_password: SecretStr | None = Field(
        None, description="password of the account that `import suitecrm --from URL` names"
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="addresses or networks, comma-separated, whose X-Forwarded-* headers are believed"
    )
    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#]+(/[^?#]*)?$")] | None = Field(
        None,
        description="the address by which clients reach the server; unset: the one by which it was asked",
        examples=["https://crm.example.com", "https://crm.example.com/crm"],
    )
    refuse_readable_secrets: bool = Field(
        default=False, description="whether the server refuses to start while others may read its files with secrets"
    )
    guesses_per_user: _Rate = Field(
        Rate.parse("10/30m"), description="wrong passwords of one user from one address, and in what time as many more"
    )
    guesses_per_client: _Rate = Field(Rate.parse("20/10m"), description="wrong secrets of one client from one address")
    guesses_per_address: _Rate = Field(Rate.parse("30/10m"), description="wrong passwords from one address, whosever")
    tokens_per_client: Annotated[Rate | None, NoDecode, _READ_RATE] = Field(
        None, description="tokens of one client, such as `600/m`; unset: any number"
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis where guesses are counted: `redis://HOST:6379/0`; unset: the database"
    )
    redis_required: bool = Field(default=False, description="whether the server refuses to start without that Redis")
    metrics_readers: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1")),
        description="addresses or networks, comma-separated, that may read `/metrics`; `none`: nobody",
    )
    traces_endpoint: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = Field(
        None,
        description="OpenTelemetry collector for spans, by OTLP over HTTP: `http://HOST:4318`; unset: no spans",
        examples=["http://127.0.0.1:4318"],
    )
    audit_retention: int = Field(
        90, ge=0, le=36_500, description="days after which an entry of the audit trail is removed; 0: never"
    )
    bind: str = Field("127.0.0.1:8000", description="address and port, or `unix:PATH`, that `serve` listens on")
    workers: int = Field(2, ge=1, le=256, description="server processes")
    threads: int = Field(4, ge=1, le=256, description="threads of each process; each may need two database connections")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe line logged")
    log_format: Literal["json", "console"] | None = Field(
        None, description="`json` or `console`; unset: console on a terminal, else json"
    )

    @field_validator("encryption_key_previous", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        return _split(value) if isinstance(value, str) else value

    @field_validator("trusted_proxies", "metrics_readers", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        # An empty variable counts as unset, so that nobody needs a word.
        return [ip_network(part, strict=False) for part in _split(value)] if value != "none" else ()

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read and check every setting.

        Args:
            environment: the variables, consulted only for unknown names; values come from the process and the file.

        Raises:
            StartupError: with a sentence for each setting that is unknown or bad.
        """
        faults = cls._unknown(name for name in environment if name.startswith(PREFIX))
        try:
            if lines := list(_passed_over()):
                raise StartupError([*faults, *lines])
            faults += cls._unknown(map(str.upper, DotEnvSettingsSource(cls).env_vars))
            settings = cls()
        except UnicodeDecodeError:
            raise StartupError([*faults, ".env is not UTF-8 text."]) from None
        except OSError as error:
            file = Path(".env").absolute()
            raise StartupError(
                [*faults, f"{file} cannot be read: {error.strerror}. Is this the server's folder, and its account?"]
            ) from None
        except ValidationError as error:
            # Names that are extra have been told, and more of them than pydantic knows: it lets PROFILE pass.
            faults += [cls._bad(fault) for fault in error.errors() if fault["type"] != "extra_forbidden"]
            raise StartupError(faults) from None
        if faults:
            raise StartupError(faults)
        return settings

    @classmethod
    def _unknown(cls, names: Iterable[str]) -> list[str]:
        known = {PREFIX + name.upper() for name in cls.model_fields}
        return [
            f"{name}: there is no such setting; docs/reference/settings.md lists those there are."
            for name in sorted(names)
            if name.upper() not in known
        ]

    @classmethod
    def _bad(cls, fault: ErrorDetails) -> str:
        name, message = str(fault["loc"][0]), plain(fault["msg"])
        if fault["type"] == "string_pattern_mismatch":  # which would be told as the pattern
            message = f"write for instance {' or '.join(cls.model_fields[name].examples or ())}"
        return f"{PREFIX}{name.upper()}: {message}."


def _passed_over() -> Iterator[str]:
    """Yield a sentence for each line of `.env` that the library would pass over, and so leave a default in place."""
    file = Path(".env")
    if not file.is_file():
        return
    with file.open(encoding="utf-8") as text:
        for binding in parse_stream(text):
            if binding.error or (binding.key and binding.value is None):
                passage = binding.original.string
                blank = passage[: len(passage) - len(passage.lstrip())].count("\n")
                yield f".env, line {binding.original.line + blank}: write NAME=VALUE, and end a quote that begins."


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
