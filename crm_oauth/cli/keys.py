"""`crm-oauth keys`: the keys that sign access tokens and encrypt refresh tokens, replaced while servers use them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

import click

from crm_oauth.cli.acts import note_act_on_files
from crm_oauth.cli.database import open_database
from crm_oauth.cli.output import json_option, moment, show_record, show_table, working
from crm_oauth.faults import StartupError
from crm_oauth.key_rotation import remove_key, rotate_encryption_key, rotate_signing_key, rotation_lock
from crm_oauth.oauth.encryption import load_refresh_codec
from crm_oauth.oauth.keys import SigningKeys
from crm_oauth.oauth.pem import KeyFile
from crm_oauth.profiles import load_profile
from crm_oauth.settings import ENCRYPTION_KEY_FILE, PREFIX, Settings
from crm_oauth.store.db import DatabaseUnavailable
from crm_oauth.store.schema import is_adopted

# Servers sign with a key for a second after it was replaced, and their clocks may differ.
_MARGIN = timedelta(seconds=60)

_beside_suitecrm = click.option(
    "--beside-suitecrm", is_flag=True, help="Also where SuiteCRM's PHP shares the database; it needs the new key too."
)


@dataclass(frozen=True, slots=True)
class _Record:
    """What `keys list` tells of a key.

    Args:
        kid: its thumbprint.
        state: what it does.
        since: when it began to, by its file's time.
        bits: its size.
        tokens_until: when the last token that it signed expires; None while it signs.
    """

    kid: str
    state: str
    since: datetime
    bits: int
    tokens_until: datetime | None


@click.group()
def keys() -> None:
    """List, rotate and retire keys."""


@keys.command("list")
@json_option
def list_keys(*, as_json: bool) -> None:
    """List the key that signs and those that still verify."""
    settings = Settings.load()
    loaded = _load(settings)
    columns = ("kid", "state", "since", "bits", "tokens_until")
    show_table(columns, map(astuple, _records(settings, loaded)), as_json=as_json)


@keys.command()
@click.option(
    "--bits", type=click.Choice(["2048", "3072", "4096"]), default="2048", show_default=True, help="Its size."
)
@_beside_suitecrm
@json_option
def rotate(*, bits: str, beside_suitecrm: bool, as_json: bool) -> None:
    """Sign with a new key from now on; the one before still verifies.

    Running servers take the new key within a second and refuse nothing meanwhile.
    """
    settings = Settings.load()
    _load(settings)
    if not beside_suitecrm:
        _spare_php(settings)
    with working("Making a key"):
        kid = rotate_signing_key(settings.private_key, settings.public_key, bits=int(bits))
    note_act_on_files("signing_key_rotated", f"kid: {kid}")
    show_record({"kid": kid, "state": "signing"}, as_json=as_json)


# A kid may begin with a dash, or with what would be an option such as -h.
@keys.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("kid")
@click.option("--now", is_flag=True, help="Also while tokens that it signed are alive: they are refused from now on.")
def retire(*, kid: str, now: bool) -> None:
    """Remove a key that only verifies."""
    settings = Settings.load()
    with rotation_lock(settings.private_key.parent):
        loaded = _load(settings)
        _check_retirement(kid, list(_records(settings, loaded)), now=now)
        for file in loaded.previous:
            if file.kid == kid:
                remove_key(file.path)
    note_act_on_files("signing_key_retired", f"kid: {kid}")
    click.echo(f"{kid} is retired.")


@keys.command("rotate-encryption")
@click.option("--drop-older", is_flag=True, help="Remove the keys before it: every refresh token made so far dies.")
@_beside_suitecrm
def rotate_encryption(*, drop_older: bool, beside_suitecrm: bool) -> None:
    """Encrypt refresh tokens with a new key from now on; those before still decrypt.

    Running servers take the new key within a second and refuse nothing meanwhile.
    """
    settings = Settings.load()
    if settings.encryption_key is not None:
        raise click.ClickException(
            f"{PREFIX}ENCRYPTION_KEY is set, so {ENCRYPTION_KEY_FILE} is not used. On every server, add a new key to"
            f" {PREFIX}ENCRYPTION_KEY_PREVIOUS and restart; then let the two keys change places and restart again."
        )
    load_refresh_codec(settings)  # tells what is wrong with the file before it is touched
    if not beside_suitecrm:
        _spare_php(settings)
    older = rotate_encryption_key(ENCRYPTION_KEY_FILE, drop_older=drop_older)
    note_act_on_files("encryption_key_rotated", "older ones dropped" if drop_older else "")
    click.echo(f"{ENCRYPTION_KEY_FILE}: a new key encrypts; older ones that decrypt: {older}.")
    if drop_older:
        click.echo("Refresh tokens made before now are refused: their owners have to log in again.", err=True)


def _spare_php(settings: Settings) -> None:
    """Refuse to leave PHP with a key that is not ours any more.

    While the database is away nobody can tell; then a key that has leaked goes first.
    """
    with suppress(StartupError, DatabaseUnavailable), open_database(settings) as database:
        if is_adopted(database):
            raise click.ClickException(
                "SuiteCRM's PHP shares this database and knows one key only. Rotate with --beside-suitecrm, and put the"
                " new key into PHP's folder in the same minute."
            )


def _load(settings: Settings) -> SigningKeys:
    loaded = SigningKeys.load(settings.private_key, settings.public_key)
    for warning in loaded.warnings:
        click.echo(warning, err=True)
    return loaded


def _records(settings: Settings, loaded: SigningKeys) -> Iterator[_Record]:
    signing = loaded.signing
    yield _Record(signing.kid, "signing", _file_time(signing), signing.bits, None)
    lifetime = load_profile(settings.profile).access_token.expires_after()
    verifying = [(_file_time(file), file) for file in loaded.previous if file.kid != signing.kid]
    for since, file in sorted(verifying, key=lambda pair: pair[0], reverse=True):
        yield _Record(file.kid, "verifying", since, file.bits, lifetime.after(since))


def _file_time(file: KeyFile) -> datetime:
    return datetime.fromtimestamp(file.path.stat().st_mtime, UTC)


def _check_retirement(kid: str, records: list[_Record], *, now: bool) -> None:
    found = [record for record in records if record.kid == kid]
    if not found:
        raise click.ClickException(f"There is no key {kid!r}; see: crm-oauth keys list")
    for record in found:
        if record.tokens_until is None:
            raise click.ClickException(f"{kid} signs; first make another one sign with: crm-oauth keys rotate")
        if not now and datetime.now(UTC) <= record.tokens_until + _MARGIN:
            raise click.ClickException(
                f"Tokens that {kid} signed may be alive until {moment(record.tokens_until + _MARGIN)};"
                " wait, or refuse them with --now."
            )
