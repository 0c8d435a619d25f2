"""What must be right before the server can start."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_IWOTH
from typing import Literal

from crm_oauth.admin.keys import load_session_key
from crm_oauth.cli.database import index_warning, open_database, reason, require_schema
from crm_oauth.faults import StartupError
from crm_oauth.key_rotation import previous_keys_folder
from crm_oauth.limits.counter import CounterUnavailable
from crm_oauth.limits.setup import ping_redis
from crm_oauth.oauth.encryption import load_refresh_codec
from crm_oauth.oauth.keys import SigningKeys, permission_warning
from crm_oauth.oauth.registry import GrantRegistry
from crm_oauth.profiles import load_profile
from crm_oauth.settings import ENCRYPTION_KEY_FILE, PREFIX, SESSION_KEY_FILE, Settings
from crm_oauth.store import adoption, upgrade_plan
from crm_oauth.store.db import DatabaseUnavailable
from crm_oauth.store.ports import DirectoryUnavailable
from crm_oauth.store.schema import Fit, fit, is_adopted
from crm_oauth.store.user_stores import open_directory
from crm_oauth.web.tracing import require_packages


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Args:
        check: what was looked at.
        result: only a fault keeps the server from starting.
        detail: a sentence for the operator; never a secret.
    """

    check: str
    result: Literal["ok", "warning", "fault"]
    detail: str


def examine() -> Iterator[Finding]:
    """Look at everything that the environment's settings name."""
    try:
        settings = Settings.load()
    except StartupError as error:
        yield from (Finding("settings", "fault", fault) for fault in error.faults)
        return
    file = Path(".env").absolute()
    # What is found of another folder than the server's has nothing to do with the server.
    detail = f"every setting is known and valid; {'those of' if file.exists() else 'there is no'} {file}"
    yield Finding("settings", "ok", detail)
    for name, check in _CHECKS.items():
        yield from _findings(name, check, settings)
    yield from _upgrade(settings)
    yield from _indexes(settings)
    if settings.panel:
        yield from _findings("session key", _session_key, settings)
    if settings.traces_endpoint:
        yield from _findings("tracing", _tracing, settings)
    if settings.redis_url or settings.redis_required:
        yield from _redis(settings)
    if settings.user_store == "ldap":
        yield from _directory(settings)
    yield from _previous_keys(settings)
    yield from _permissions(settings)


def _findings(name: str, check: Callable[[Settings], str], settings: Settings) -> Iterator[Finding]:
    try:
        yield Finding(name, "ok", check(settings))
    except StartupError as error:
        yield from (Finding(name, "fault", fault) for fault in error.faults)
    except DatabaseUnavailable as error:
        yield Finding(name, "fault", reason(error))


def _address(settings: Settings) -> str:
    try:
        _require_address(settings.bind)
    except (OSError, RuntimeError) as error:
        raise StartupError([f"{PREFIX}BIND: {error} Write HOST:PORT or unix:PATH."]) from None
    return f"`serve` listens on {settings.bind}"


def _require_address(bind: str) -> None:
    from gunicorn.util import parse_address  # noqa: PLC0415  # at its import gunicorn learns where it is

    match parse_address(bind):
        # gunicorn takes no other file's place, and waits five seconds for a folder.
        case str(path) if Path(path).exists() and not Path(path).is_socket():  # "" is the folder itself
            raise RuntimeError(f"'{path}' is there, and no socket.")
        case str(path) if not Path(path).parent.is_dir():
            raise RuntimeError(f"'{path}' is in no folder that there is.")
        # gunicorn takes any number, and fails when it is about to listen.
        case (_, port) if port not in range(2**16):
            raise RuntimeError(f"'{port}' is not a valid port number.")


def _profile(settings: Settings) -> str:
    profile = load_profile(settings.profile)
    GrantRegistry.discover().select(profile.grants)
    return f"{settings.profile} stands for {profile.stands_for}, with {', '.join(profile.grants)}"


def _signing_keys(settings: Settings) -> str:
    SigningKeys.load(settings.private_key, settings.public_key)
    return f"{settings.private_key} signs, with RSA of 2048 bits or more"


def _encryption_key(settings: Settings) -> str:
    load_refresh_codec(settings)
    return "refresh tokens can be encrypted"


def _session_key(settings: Settings) -> str:
    load_session_key(settings)
    return "the panel's sessions can be signed"


def _tracing(settings: Settings) -> str:
    require_packages()
    return f"spans go to {settings.traces_endpoint}"


def _database(settings: Settings) -> str:
    with open_database(settings) as database:
        database.ping()
        return f"{database.url.get_backend_name()} answers"


def _schema(settings: Settings) -> str:
    with open_database(settings) as database:
        return require_schema(database)


_CHECKS = {
    "address": _address,
    "profile": _profile,
    "signing keys": _signing_keys,
    "encryption key": _encryption_key,
    "database": _database,
    "schema": _schema,
}


def _upgrade(settings: Settings) -> Iterator[Finding]:
    """Tell what an upgrade of an old schema will do; that it is old has been told as a fault."""
    with suppress(StartupError, DatabaseUnavailable), open_database(settings) as database:
        if fit(database) is not Fit.OLD:
            return
        for step in upgrade_plan.pending(database):
            servers = "servers that run may go on" if step.servers_go_on else "stop the servers first"
            detail = f"{step.revision}, about {step.seconds} s, {servers}: {step.does}"
            yield Finding("upgrade", "warning", detail)


def _indexes(settings: Settings) -> Iterator[Finding]:
    """Tell what makes look-ups slow: without indexes the server starts all the same."""
    with suppress(StartupError, DatabaseUnavailable), open_database(settings) as database:  # told as faults before
        require_schema(database)
        if warning := index_warning(database):
            yield Finding("indexes", "warning", warning)
        if is_adopted(database) and adoption.survey(database).indexes:
            advice = (
                "SuiteCRM's tables lack indexes, so that look-ups read them whole; see: crm-oauth db adopt --dry-run"
            )
            yield Finding("indexes", "warning", advice)


def _redis(settings: Settings) -> Iterator[Finding]:
    """Look at Redis; unless it is required the server starts without it, for the database counts as well."""
    try:
        ping_redis(settings)
    except StartupError as error:
        yield from (Finding("redis", "fault", fault) for fault in error.faults)
    except CounterUnavailable as error:
        detail = f"{PREFIX}REDIS_URL names a Redis that does not answer: {' '.join(str(error).split())}"
        yield Finding("redis", "fault" if settings.redis_required else "warning", detail)
    else:
        yield Finding("redis", "ok", "Redis answers, and counts guesses")


def _directory(settings: Settings) -> Iterator[Finding]:
    """Look at the directory; without it the server starts all the same, for only passwords need it."""
    try:
        open_directory(settings).ping()
    except StartupError as error:
        yield from (Finding("directory", "fault", fault) for fault in error.faults)
    except DirectoryUnavailable as error:
        yield Finding("directory", "warning", f"{settings.ldap_url} cannot check passwords now: {error}")
    else:
        yield Finding("directory", "ok", f"{settings.ldap_url} answers")


def _previous_keys(settings: Settings) -> Iterator[Finding]:
    """Tell what is wrong with the keys that no longer sign: without them the server starts all the same."""
    with suppress(StartupError):  # told as a fault of the signing keys
        warnings = SigningKeys.load(settings.private_key, settings.public_key).warnings
        yield from (Finding("previous keys", "warning", warning) for warning in warnings)
    folder = previous_keys_folder(settings.private_key)
    with suppress(PermissionError):  # then the signing keys cannot be read either
        for path in (folder, *folder.glob("*.pem")):
            if path.exists() and path.stat().st_mode & S_IWOTH:
                detail = (
                    f"Others may write {path}, and so have tokens of their own taken. Set it with: chmod o-w {path}"
                )
                yield Finding("previous keys", "warning", detail)


def _permissions(settings: Settings) -> Iterator[Finding]:
    secret_files = settings.private_key, ENCRYPTION_KEY_FILE, SESSION_KEY_FILE, Path(".env")
    warnings = []
    for path in secret_files:
        with suppress(PermissionError):  # a fault of its own check
            if path.is_file() and (warning := permission_warning(path)):
                warnings.append(warning)
    if warnings:
        result: Literal["warning", "fault"] = "fault" if settings.refuse_readable_secrets else "warning"
        yield from (Finding("permissions", result, warning) for warning in warnings)
    else:
        yield Finding("permissions", "ok", "only their owner and group reach the files with secrets")
