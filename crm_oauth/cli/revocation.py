"""Tokens revoked by the command line, and the trail that this leaves."""

from datetime import UTC, datetime

from crm_oauth.cli.acts import note_act
from crm_oauth.cli.output import working
from crm_oauth.store.db import Database
from crm_oauth.store.mass_revocation import MassRevocation
from crm_oauth.store.ports import Repositories, TokenFilter


def revoke_and_note(database: Database, which: TokenFilter, what: str) -> int:
    """Revoke tokens, very many batch by batch, and return how many live ones were not revoked before.

    Args:
        database: where they are.
        which: all of a client, of a user or of everybody, or one with its line.
        what: the same in words.

    Raises:
        DatabaseUnavailable: the database is away; what was revoked until then is in the trail if that can be written.
    """
    now = datetime.now(UTC)
    mass = MassRevocation(database, which, now)
    if which.row_id is None and which.access_token is None and mass.is_needed():
        return _revoke_in_batches(mass, what)
    with database.unit_of_work() as stores:
        revoked = stores.tokens.revoke(which, now=now)
        _note(stores, which, f"{what}; sessions revoked: {revoked}")
    return revoked


def _revoke_in_batches(mass: MassRevocation, what: str) -> int:
    with mass.database.unit_of_work() as stores:
        _note(stores, mass.which, f"{what}; begun")  # whoever is killed notes no end
    revoked, so_far = 0, " so far"
    try:
        with working("Revoking tokens"):
            for number in mass.batches():
                revoked += number
        so_far = ""
    finally:
        with mass.database.unit_of_work() as stores:
            _note(stores, mass.which, f"{what}; sessions revoked{so_far}: {revoked}")
    return revoked


def _note(stores: Repositories, which: TokenFilter, detail: str) -> None:
    note_act(stores, "tokens_revoked", detail, client_id=which.client_id or "", user_id=which.user_id or "")
