"""Lines of sessions: each refresh puts a new pair in the place of the one before."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import select, update

from crm_oauth.compat.defuse import EncryptionKey
from crm_oauth.compat.refresh_codec import RefreshClaims, RefreshCodec
from crm_oauth.store.models import Token
from crm_oauth.store.own_models import Refresh
from tests.support.site import ENCRYPTION_KEY, Site
from tests.wire.differences import revoked
from tests.wire.exchange import Received, assert_as_expected
from tests.wire.sessions import Pair, pair_of, passes, redeem, sign_in

CODEC = RefreshCodec(EncryptionKey.from_text(ENCRYPTION_KEY))


def time_passes(site: Site, seconds: int) -> None:
    """Make every refresh so far look that much older."""
    with site.database.connection() as connection:
        for token_id, used_at in connection.execute(select(Refresh.token_id, Refresh.used_at)).all():
            then = used_at - timedelta(seconds=seconds)
            connection.execute(update(Refresh).where(Refresh.token_id == token_id).values(used_at=then))


def generations(site: Site, number: int, scope: str = "") -> list[Pair]:
    """Sign in and refresh again and again; the last pair is good."""
    pairs = [sign_in(site, scope=scope)]
    while len(pairs) < number:
        pairs.append(pair_of(redeem(site, pairs[-1].refresh_token)))
    return pairs


def assert_refused(answer: Received) -> None:
    """Hold an answer against what is told of a refresh token whose session is over."""
    assert_as_expected(answer, revoked("7.10.2"))


def assert_alive(site: Site, pair: Pair) -> None:
    """Use both tokens; the refresh token is used up by it."""
    assert passes(site, pair.access_token)
    assert redeem(site, pair.refresh_token).status == 200


def assert_dead(site: Site, pair: Pair) -> None:
    """Try both tokens, in vain."""
    assert not passes(site, pair.access_token)
    assert_refused(redeem(site, pair.refresh_token))


def reworded(refresh_token: str, claims: Mapping[str, Any]) -> str:
    """Return a refresh token that says something else, and is encrypted as well as the first."""
    return CODEC.encode(CODEC.decode(refresh_token)._replace(**claims))


def token_of_php(site: Site, *, used: bool = False, owner: str | None = "1", named: str | None = "1") -> str:
    """Insert a row as SuiteCRM writes it, with its owner, and return its refresh token, which names a user too."""
    now = datetime.now(UTC)
    row = Token(
        client="pw-client",
        access_token=token_hex(40),
        access_token_expires=now + timedelta(hours=1),
        refresh_token=token_hex(40),
        refresh_token_expires=now + timedelta(days=20),
        assigned_user_id=owner,
        deleted=used,
    )
    site.fill(lambda stores: stores.tokens.add(row))
    expires = int((now + timedelta(days=20)).timestamp())
    return CODEC.encode(RefreshClaims("pw-client", str(row.refresh_token), str(row.access_token), (), named, expires))
