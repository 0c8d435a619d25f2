"""Tokens and an audit trail to look at."""

from datetime import UTC, datetime, timedelta

from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.models import Client, Token
from crm_oauth.store.ports import Repositories
from tests.admin.people import ADMIN_ID

PHONE, SHOP = "phone-client", "shop-client"


def add_clients(repositories: Repositories) -> None:
    """Add a client of each kind."""
    repositories.clients.add(Client(id=PHONE, name="Mobile app", allowed_grant_type="password"))
    shop = Client(id=SHOP, name="Web shop", allowed_grant_type="client_credentials", assigned_user_id=ADMIN_ID)
    repositories.clients.add(shop)


def token_id(number: int) -> str:
    """Return the id of the token that `add_token` adds under a number."""
    return f"01a21e9d-{number:04x}-7000-8000-{number * 7919:012x}"


def add_token(repositories: Repositories, number: int, **columns: object) -> None:
    """Add a token that was issued `number` minutes ago; even ones are the phone's, odd ones the shop's."""
    issued = datetime.now(UTC) - timedelta(minutes=number)
    phone = number % 2 == 0
    values: dict[str, object] = {
        "id": token_id(number),
        "client": PHONE if phone else SHOP,
        "assigned_user_id": "id-jo" if phone else ADMIN_ID,
        "date_entered": issued,
        "access_token": f"{number:080x}",
        "access_token_expires": issued + timedelta(hours=1),
        "refresh_token": f"{number + 10**9:080x}" if phone else None,
        "refresh_token_expires": issued + timedelta(days=30) if phone else None,
        **columns,
    }
    repositories.tokens.add(Token(**values))


def add_day(repositories: Repositories) -> None:
    """Add what an ordinary day leaves in the audit trail."""
    now = datetime.now(UTC)
    entries = []
    for hour in range(24):
        at = now - timedelta(hours=hour)
        busy = 4 + (hour * 5) % 11
        for event, grant, client, detail, number in (
            ("token_issued", "password", PHONE, "", busy),
            ("token_refreshed", "refresh_token", PHONE, "", busy * 2 + hour % 5),
            ("token_issued", "client_credentials", SHOP, "", busy + 6),
            ("token_refused", "password", PHONE, "invalid_credentials", hour % 4),
            ("token_refused", "client_credentials", "", "invalid_client", 5 if hour == 7 else 0),
        ):
            user = {PHONE: "id-jo", SHOP: ADMIN_ID}.get(client, "")
            entry = AuditEntry(event, detail, grant, client, user, address="192.0.2.7", request_id=f"r{hour}", at=at)
            entries += [entry] * number
    repositories.audit.append(sorted(entries, key=lambda entry: entry.at))
