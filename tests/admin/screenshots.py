"""Takes the documents' pictures of the panel: `make screenshots`."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.ports import Repositories
from tests.admin.conftest import CHROMIUM, sign_in
from tests.support.programs import require_program
from tests.support.site import Site

FOLDER = Path(__file__).parents[2] / "docs" / "images"
SIZE = {"width": 1400, "height": 820}

_USERS = ("anna", "ben", "carla", "david", "elif", "farid", "integration")
_CLIENTS = {
    "Mobile app": "password",
    "Outlook plugin": "password",
    "Web shop": "client_credentials",
    "Nightly reports": "client_credentials",
    "Newsletter": "client_credentials",
}


def fill(repositories: Repositories) -> None:
    """Add what a company of some size has after a working day."""
    dice = random.Random(7)  # noqa: S311  # the same picture each time
    now = datetime.now(UTC)
    hashed = hash_user_password("pw", rounds=4)
    for name in _USERS:
        repositories.users.add(
            User(id=name, user_name=name, user_hash=hashed, status="Active", is_admin=name == "anna")
        )
    for number, (name, grant) in enumerate(_CLIENTS.items()):
        machine = grant == "client_credentials"
        client = Client(id=_uuid(dice), name=name, allowed_grant_type=grant, created_by="anna", modified_user_id="anna")
        client.assigned_user_id = "integration" if machine else None
        client.date_entered = now - timedelta(days=200 - number * 31, minutes=number * 77)
        repositories.clients.add(client)
        _use(repositories, client, dice, now, machine=machine)


def _use(repositories: Repositories, client: Client, dice: random.Random, now: datetime, *, machine: bool) -> None:
    entries = []
    for minutes in sorted(dice.sample(range(1, 1430), 90 if machine else 150)):
        at = now - timedelta(minutes=minutes)
        # People sleep, machines do not.
        if not machine and at.hour not in range(6, 19) and dice.random() < 0.85:  # mostly
            continue
        user = "integration" if machine else dice.choice(_USERS[:-1])
        refused = dice.random() < 0.04  # now and then
        kind = dice.choice(("token_issued", "token_refreshed", "token_refreshed")) if not machine else "token_issued"
        grant = "refresh_token" if kind == "token_refreshed" else str(client.allowed_grant_type)
        event, detail = ("token_refused", "invalid_credentials") if refused else (kind, "")
        entries.append(
            AuditEntry(event, detail, grant, client.id, user, "", f"192.0.2.{dice.randrange(9, 90)}", _uuid(dice), at)
        )
        if not refused and kind == "token_issued":
            repositories.tokens.add(_token(client, user, dice, at, machine=machine))
    repositories.audit.append(sorted(entries, key=lambda entry: entry.at))


def _token(client: Client, user: str, dice: random.Random, at: datetime, *, machine: bool) -> Token:
    return Token(
        id=_uuid(dice),
        client=client.id,
        assigned_user_id=user,
        date_entered=at,
        access_token=f"{dice.getrandbits(320):080x}",
        access_token_expires=at + timedelta(hours=1),
        refresh_token=None if machine else f"{dice.getrandbits(320):080x}",
        refresh_token_expires=None if machine else at + timedelta(days=30),
        token_is_revoked=dice.random() < 0.06,  # a few
    )


def _uuid(dice: random.Random) -> str:
    text = f"{dice.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def shoot(browser: Browser, site: Site, scheme: str) -> None:
    """Take the pictures in light or dark."""
    options = {"base_url": site.url, "color_scheme": scheme, "viewport": SIZE, "locale": "en-GB"}
    page = browser.new_context(timezone_id="Europe/Berlin", **options).new_page()  # type: ignore[arg-type]  # as it takes them
    page.goto("/admin/")
    sign_in(page, "anna", "pw")
    page.wait_for_url("**/admin/")
    _save(page, f"overview-{scheme}")
    page.goto("/admin/tokens")
    _save(page, f"tokens-{scheme}")
    if scheme == "light":
        page.goto("/admin/clients")
        _save(page, "clients")
        page.goto("/admin/clients/new/client-credentials")
        page.get_by_label("Name", exact=True).fill("Warehouse")
        page.get_by_label("Associated user").fill("integration")
        _save(page, "new-client")
        page.get_by_role("button", name="Save").click()
        page.locator("#client-secret").wait_for()
        _save(page, "saved-client")
    page.context.close()


def _save(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png")


def main() -> None:
    """Run a server, and a browser that looks at it."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Path(folder), "default")
        site.fill(fill)
        with site:
            browser = playwright.chromium.launch(executable_path=require_program("chromium"), args=CHROMIUM)
            for scheme in ("light", "dark"):
                shoot(browser, site, scheme)
            browser.close()


if __name__ == "__main__":
    main()
