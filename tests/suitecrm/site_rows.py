"""Rows as SuiteCRM's PHP writes them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.suitecrm.site_database import SiteDatabase

BERLIN = ZoneInfo("Europe/Berlin")
ENTERED = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
NOW = datetime.now(UTC).replace(microsecond=0)
SOON, PAST = NOW + timedelta(days=20), NOW - timedelta(days=20)


def as_utc(moment: datetime) -> str:
    """Return what SuiteCRM's own time columns hold."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def as_local(moment: datetime | None) -> str | None:
    """Return what an expiry column holds on a server in Berlin."""
    return None if moment is None else moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S")


def add_client(site: SiteDatabase, row_id: str, **columns: object) -> None:
    """Insert a live client."""
    dates = {"date_entered": as_utc(ENTERED), "date_modified": as_utc(ENTERED)}
    site.insert("oauth2clients", **{"id": row_id, "name": row_id, "secret": "s" * 64, "deleted": 0, **dates, **columns})


def add_user(site: SiteDatabase, row_id: str, **columns: object) -> None:
    """Insert a live user."""
    dates = {"date_entered": as_utc(ENTERED), "date_modified": as_utc(ENTERED)}
    row = {"id": row_id, "user_name": row_id, "status": "Active", "deleted": 0, **dates, **columns}
    site.insert("users", **row)


def add_token(
    site: SiteDatabase,
    row_id: str,
    *,
    access_until: datetime | None = PAST,
    refresh_until: datetime | None = SOON,
    **columns: object,
) -> None:
    """Insert a session, by default one whose refresh token lives on."""
    row = {
        "id": row_id,
        "name": "",
        "access_token": f"access-{row_id}",
        "refresh_token": f"refresh-{row_id}",
        "access_token_expires": as_local(access_until),
        "refresh_token_expires": as_local(refresh_until),
        "client": "client",
        "token_is_revoked": 0,
        "token_type": "",
        "grant_type": "",
        "modified_user_id": "1",
        "created_by": "",
        "date_entered": as_utc(ENTERED),
        "date_modified": as_utc(ENTERED),
        "deleted": 0,
    }
    site.insert("oauth2tokens", **row | columns)
