"""Who gets in, for how long, and what becomes of a form when a session ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.admin.conftest import Visit, sign_in
from tests.admin.people import ADMIN, OTHERS, PASSWORD
from tests.support.site import Site

REFUSED = re.compile("the user name or the password is wrong")


def test_administrator(panel: Page) -> None:
    """An administrator signs in, is named in the menu, and signs out."""
    expect(panel.get_by_role("heading", name="Overview")).to_be_visible()
    expect(panel.get_by_role("banner")).to_contain_text(ADMIN)
    panel.get_by_role("button", name="Sign out").click()
    expect(panel.get_by_role("status")).to_have_text("You are signed out.")
    panel.goto("/admin/clients")
    expect(panel.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(("name", "password"), [*((name, PASSWORD) for name in OTHERS), (ADMIN, "wrong"), ("no", "x")])
def test_others(visit: Visit, name: str, password: str) -> None:
    """Nobody else gets in, and all are told the same."""
    page = visit("/admin/")
    sign_in(page, name, password)
    expect(page.get_by_role("alert")).to_have_text(REFUSED)
    expect(page.get_by_label("User name")).to_have_value(name)
    page.goto("/admin/clients")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_back_to_where_one_wanted_to_go(visit: Visit) -> None:
    """Signing in leads to the page that was asked for, its query included."""
    page = visit("/admin/clients?name=shop")
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/admin/clients\?name=shop$"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET user_hash = '0123456789abcdef0123456789abcdef' WHERE user_name = 'second'",
        "UPDATE users SET status = 'Inactive' WHERE user_name = 'second'",
        "UPDATE users SET is_admin = 0 WHERE user_name = 'second'",
        "UPDATE users SET deleted = 1 WHERE user_name = 'second'",
    ],
    ids=["new password", "inactive", "no administrator", "deleted"],
)
def test_what_ends_a_session(visit: Visit, site: Site, change: str) -> None:
    """A new password and the loss of the right to be here end a session, for good."""
    site.command("users", "add", "second", "--admin", "--password-stdin", stdin="pw\n")
    page = visit("/admin/")
    sign_in(page, "second", "pw")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    with site.database.connection() as connection:
        before = connection.execute(text("SELECT user_hash FROM users WHERE user_name = 'second'")).scalar()
        connection.execute(text(change))
    page.goto("/admin/clients")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    with site.database.connection() as connection:
        undo = "UPDATE users SET user_hash = :hash, status = 'Active', is_admin = 1, deleted = 0"
        connection.execute(text(f"{undo} WHERE user_name = 'second'"), {"hash": before})
    page.goto("/admin/clients")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_deactivation_ends_sessions_for_good(visit: Visit, site: Site) -> None:
    """Who is deactivated and activated again, without a request in between, must sign in again."""
    site.command("users", "add", "third", "--admin", "--password-stdin", stdin="pw\n")
    page = visit("/admin/")
    sign_in(page, "third", "pw")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    site.command("users", "deactivate", "third").check_returncode()
    site.command("users", "activate", "third").check_returncode()
    page.goto("/admin/clients")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(("column", "age"), [("seen_at", 1801), ("created_at", 43201)])
def test_time_ends_a_session(panel: Page, site: Site, column: str, age: int) -> None:
    """A session ends when nothing was asked for half an hour, and in any case after twelve."""
    then = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(seconds=age)
    with site.database.connection() as connection:
        connection.execute(text(f"UPDATE crm_oauth_admin_sessions SET {column} = :then"), {"then": str(then)})  # noqa: S608  # ours
    panel.goto("/admin/clients")
    expect(panel.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_form_outlives_its_session(panel: Page, site: Site) -> None:
    """What was typed when the session ended is there again after signing in, and nothing was saved meanwhile."""
    panel.get_by_role("link", name="New Client Credentials Client").first.click()
    panel.get_by_label("Name", exact=True).fill("Patient")
    panel.get_by_label("Associated user").fill("jo")
    panel.get_by_label("Is confidential").uncheck()
    with site.database.connection() as connection:
        connection.execute(text("DELETE FROM crm_oauth_admin_sessions"))
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("status")).to_contain_text("nothing was saved")
    sign_in(panel, ADMIN, "wrong")
    expect(panel.get_by_role("alert")).to_have_text(REFUSED)
    sign_in(panel)
    expect(panel.get_by_label("Name", exact=True)).to_have_value("Patient")
    expect(panel.get_by_label("Associated user")).to_have_value("jo")
    expect(panel.get_by_label("Is confidential")).not_to_be_checked()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("heading", name="Patient")).to_be_visible()


def test_a_form_of_an_earlier_session(panel: Page) -> None:
    """A form that was opened before signing in anew is refused, told, and kept."""
    panel.get_by_role("link", name="New Password Client").first.click()
    panel.get_by_label("Name", exact=True).fill("Second tab")
    other = panel.context.new_page()
    other.goto("/admin/")
    other.get_by_role("button", name="Sign out").click()
    sign_in(other)
    expect(other.get_by_role("heading", name="Overview")).to_be_visible()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("heading", name="Nothing was saved")).to_be_visible()
    panel.get_by_role("link", name="Open the form again").click()
    expect(panel.get_by_label("Name", exact=True)).to_have_value("Second tab")


def test_two_administrators_at_one_client(panel: Page, site: Site) -> None:
    """Who saves second is shown what the first one saved, and keeps what was typed."""
    panel.get_by_role("link", name="New Password Client").first.click()
    panel.get_by_label("Name", exact=True).fill("Contested")
    panel.get_by_role("button", name="Save").click()
    client_id = panel.locator("#client-id").inner_text()
    panel.get_by_role("link", name="Edit").click()
    panel.get_by_label("Name", exact=True).fill("Mine")
    site.command("clients", "edit", client_id, "--name", "Theirs")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_contain_text("“Theirs”")
    expect(panel.get_by_label("Name", exact=True)).to_have_value("Mine")
    site.command("clients", "delete", client_id, "--yes")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_contain_text("was deleted meanwhile")
    expect(panel.get_by_label("Name", exact=True)).to_have_value("Mine")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("heading", name="Mine")).to_be_visible()
