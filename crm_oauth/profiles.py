"""Version profiles: everything that differs from one SuiteCRM to another, read from a TOML file."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from crm_oauth.compat.intervals import Interval, parse_interval
from crm_oauth.faults import StartupError, plain
from crm_oauth.shipped import shipped

DEFAULT = "default"
"""The profile that is meant when none is named: another name of one that ships."""


_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[!-~\xa0-\xff](?:[\t -~\xa0-\xff]*[!-~\xa0-\xff])?")


def _as_path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError("a path starts with a slash, and has only letters, digits and ._~!$&'()*+,;=:@-")
    return value


def _as_header_name(value: str) -> str:
    if not _HEADER_NAME.fullmatch(value):
        raise ValueError("no header can have this name")
    return value


def _as_header_value(value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError("a header's value is one line of Latin-1, without blanks around it")
    return value


def _as_duration(value: str) -> str:
    parse_interval(value)
    return value


SecretHash = Literal["bcrypt", "sha256"]
Duration = Annotated[str, AfterValidator(_as_duration)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Endpoint(_Section):
    """`[endpoint]`: where the token endpoint is and how the routes around it answer."""

    paths: list[Annotated[str, AfterValidator(_as_path)]] = Field(min_length=1)
    wrong_method: Literal["json_api", "slim"]
    headers: dict[
        Annotated[str, AfterValidator(_as_header_name)], Annotated[str, AfterValidator(_as_header_value)]
    ] = {}


class Errors(_Section):
    """`[errors]`: the dialect in which a fault is told."""

    dialect: Literal["league5", "league8", "rfc6749"]
    grant_mismatch: Literal["json_api", "invalid_client"]


class AccessToken(_Section):
    """`[access_token]`: shape and lifetime of access tokens."""

    format: Literal["lcobucci3", "lcobucci4"]
    lifetime: Duration

    def expires_after(self) -> Interval:
        """Return the lifetime as an interval to add to the moment of issue."""
        return parse_interval(self.lifetime)


class RefreshToken(_Section):
    """`[refresh_token]`: lifetime of refresh tokens."""

    lifetime: Duration

    def expires_after(self) -> Interval:
        """Return the lifetime as an interval to add to the moment of issue."""
        return parse_interval(self.lifetime)


class Clients(_Section):
    """`[clients]`: what a client must prove and may use."""

    open_grants: list[str]
    public_secret: Literal["ignored", "required"]
    confidential: Literal["secret", "flag"]
    chosen_secret_hash: SecretHash


class Shared(_Section):
    """`[shared]`: what PHP of this version finds and expects in a database that it shares with us."""

    lacks: list[str]
    secret_hash: SecretHash
    grant_type: str


class Scopes(_Section):
    """`[scopes]`: the scopes that may be asked for."""

    known: list[str]


class Profile(_Section):
    """One version's behaviour. `config/*.toml` explains each key beside its value."""

    version: str
    stands_for: str
    grants: list[str] = Field(min_length=1)
    endpoint: Endpoint
    errors: Errors
    access_token: AccessToken
    refresh_token: RefreshToken
    clients: Clients
    scopes: Scopes
    # A profile of one's own need not know about sharing; it is then taken for the newest kind of SuiteCRM.
    shared: Shared = Shared(lacks=[], secret_hash="sha256", grant_type="")  # noqa: S106  # a kind of hash

    def hash_of_secret(self, *, shared: bool, chosen: bool) -> SecretHash:
        """Return how a client's new secret is stored.

        Args:
            shared: whether the database is SuiteCRM's own, where PHP must verify it too.
            chosen: whether a person chose it; what is made here is random enough for a fast hash.
        """
        if shared:
            return self.shared.secret_hash
        return self.clients.chosen_secret_hash if chosen else "sha256"


def profile_names() -> list[str]:
    """Return the names of the profiles that ship, without the alias `default`."""
    return sorted(path.stem for path in shipped("config").glob("*.toml") if path.stem != DEFAULT)


def load_profile(name: str) -> Profile:
    """Read a profile.

    Args:
        name: the name of a profile that ships, or the path of a TOML file (anything with a slash or ending `.toml`).

    Raises:
        StartupError: when there is no such profile, or with a sentence for each bad key of it.
    """
    path = Path(name) if "/" in name or name.endswith(".toml") else shipped("config") / f"{name}.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(profile_names())
        raise StartupError([f"Profile {name!r}: no such file or name; the ones that ship are {known}."]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StartupError([f"Profile {name!r} cannot be read: {error}."]) from None
    try:
        return Profile.model_validate(document)
    except ValidationError as error:
        raise StartupError(_sentences(name, error)) from None


def _sentences(name: str, error: ValidationError) -> list[str]:
    return [
        f"Profile {name!r}, key {'.'.join(str(part) for part in fault['loc'])}: {plain(fault['msg'])}."
        for fault in error.errors()
    ]
