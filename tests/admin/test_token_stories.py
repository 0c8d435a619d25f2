"""Tokens are searched, leafed through and revoked in a browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import insert, text, update

from crm_oauth.store.models import Token
from crm_oauth.store.ports import Repositories
from tests.admin.conftest import Visit, sign_in
from tests.admin.people import PASSWORD
from tests.admin.rows import PHONE, SHOP, add_clients, add_token
from tests.support.site import Site
from tests.wire.exchange import post_json

TOKENS = 120


@pytest.fixture
def panel(visit: Visit, site: Site) -> Page:
    """The list of 120 tokens, of which every fifth is revoked."""
    with site.database.connection() as connection:
        for table in ("oauth2tokens", "oauth2clients", "crm_oauth_audit"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # ours
    site.fill(add_clients)
    site.fill(add_tokens)
    page = visit("/admin/tokens")
    sign_in(page)
    return page


def add_tokens(repositories: Repositories) -> None:
    """Add the tokens."""
    for number in range(TOKENS):
        add_token(repositories, number, token_is_revoked=number % 5 == 0)


def rows(page: Page) -> Locator:
    """Return the rows of the list."""
    return page.locator("tbody tr")


def first_id(page: Page) -> str:
    """Return the beginning of the first token's id."""
    return rows(page).first.get_by_role("link").first.inner_text()


def live(site: Site, condition: str) -> int:
    """Count tokens that are not revoked."""
    with site.database.connection() as connection:
        query = f"SELECT count(*) FROM oauth2tokens WHERE NOT token_is_revoked AND ({condition})"  # noqa: S608  # ours
        return int(connection.execute(text(query)).scalar_one())


def test_leafing(panel: Page) -> None:
    """Next, last, previous and first show the pages of a list that is sorted by the date of issue."""
    expect(panel.locator("#found")).to_have_text("120 tokens")
    expect(rows(panel)).to_have_count(50)
    assert first_id(panel) == "01a21e9d-0000…"
    panel.get_by_role("link", name="Next", exact=True).click()
    expect(panel.get_by_role("link", name="01a21e9d-0032…")).to_be_visible()
    panel.get_by_role("link", name="Last", exact=True).click()
    expect(panel.get_by_role("link", name="01a21e9d-0077…")).to_be_visible()
    expect(panel.get_by_role("link", name="Next", exact=True)).to_have_count(0)
    panel.get_by_role("link", name="Previous", exact=True).click()
    expect(panel.get_by_role("link", name="01a21e9d-0045…")).to_be_visible()
    panel.get_by_role("link", name="First", exact=True).click()
    expect(panel.get_by_role("link", name="01a21e9d-0000…")).to_be_visible()


def test_sorting(panel: Page) -> None:
    """A column's heading sorts by it, and once more the other way round."""
    heading = panel.get_by_role("columnheader", name="Date created")
    expect(heading).to_have_attribute("aria-sort", "descending")
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert first_id(panel) == "01a21e9d-0077…"
    panel.get_by_role("columnheader", name="Refresh token expires").get_by_role("link").click()
    expect(panel.get_by_role("link", name="01a21e9d-0000…")).to_be_visible()
    panel.get_by_role("columnheader", name="Token ID").get_by_role("link").click()
    expect(panel.get_by_role("link", name="01a21e9d-0077…")).to_be_visible()


def test_searches(panel: Page) -> None:
    """Client, user, state and beginning of the id narrow the list, together too."""
    panel.get_by_label("Client", exact=True).fill("shop")
    panel.get_by_label("Revoked").select_option("Yes")
    panel.get_by_role("button", name="Search").click()
    expect(panel.locator("#found")).to_have_text("12 tokens")
    panel.get_by_role("link", name="Clear").click()
    panel.get_by_label("Associated user").fill("JO")
    panel.get_by_label("Active tokens only").check()
    panel.get_by_role("button", name="Search").click()
    expect(panel.locator("#found")).to_have_text("24 tokens")
    panel.goto("/admin/tokens")
    panel.get_by_text("Advanced").click()
    panel.get_by_label("Token ID").fill("01a21e9d-003")
    panel.get_by_label("Allowed Grant Type").select_option("Client Credentials")
    panel.get_by_role("button", name="Search").click()
    expect(panel.locator("#found")).to_have_text("8 tokens")
    panel.get_by_label("Token ID").fill("nothing like it")
    panel.get_by_role("button", name="Search").click()
    expect(panel.get_by_role("heading", name="No token is like that")).to_be_visible()


@pytest.mark.parametrize(("card", "number"), [("Active tokens", 48), ("Refreshable", 48), ("Expiring soon", 1)])
def test_a_figure_leads_to_what_it_counts(panel: Page, site: Site, card: str, number: int) -> None:
    """The overview's figures of tokens lead to as many, those that have no refresh token among them."""
    soon = datetime.now(UTC) + timedelta(hours=2)
    with site.database.connection() as connection:
        connection.execute(update(Token).where(Token.id.like("01a21e9d-0002%")).values(refresh_token_expires=soon))
    panel.goto("/admin/")
    link = panel.get_by_role("link", name=card)
    expect(link.locator("strong")).to_have_text(str(number))
    link.click()
    expect(panel.locator("#found")).to_have_text(re.compile(rf"^{number} tokens?$"))
    without = panel.get_by_role("link", name="Web shop")
    assert (without.count() > 0) is (card == "Active tokens")


def test_very_many_are_sorted_by_what_is_searched(panel: Page, site: Site) -> None:
    """A search by expiry that finds very many is sorted by that, and says so; of fewer any column sorts."""
    expiring = "/admin/tokens?refresh_from=2090-01-01T00:00&sort=id&dir=asc"
    expires = datetime(2091, 1, 1, tzinfo=UTC)
    columns = {"client": PHONE, "access_token_expires": expires, "refresh_token_expires": expires}
    tokens = [{"id": f"many-{number:04}", **columns} for number in range(5001)]
    with site.database.connection() as connection:
        connection.execute(insert(Token), tokens[1:])
    panel.goto(expiring)
    expect(panel.get_by_role("columnheader", name="Token ID")).to_have_attribute("aria-sort", "ascending")
    expect(panel.get_by_text("sorted by when they expire")).to_have_count(0)
    with site.database.connection() as connection:
        connection.execute(insert(Token), tokens[:1])
    panel.goto(expiring)
    expect(panel.get_by_role("columnheader", name="Refresh token expires")).to_have_attribute("aria-sort", "ascending")
    expect(panel.get_by_text("So many tokens are sorted by when they expire")).to_be_visible()
    panel.get_by_role("link", name="Next", exact=True).click()
    expect(panel.get_by_role("link", name="Previous", exact=True)).to_be_visible()
    expect(rows(panel)).to_have_count(50)


def test_a_bad_date_is_told(panel: Page) -> None:
    """A search that cannot be understood says so at its field."""
    panel.goto("/admin/tokens?access_from=tomorrow")
    expect(panel.get_by_label("Access token expires from (UTC)")).to_have_accessible_description(
        "A date and time, please."
    )


def test_ticked_tokens(panel: Page, site: Site) -> None:
    """Exactly what is ticked is revoked, and the search stays."""
    before = live(site, "1=1")
    panel.get_by_label("Client", exact=True).fill("mobile")
    panel.get_by_role("button", name="Search").click()
    for token in ("01a21e9d-0002", "01a21e9d-0004"):
        panel.get_by_label(f"Tick token {token}").check()
    panel.get_by_role("button", name="Revoke tokens").click()
    expect(panel.get_by_role("status").first).to_have_text("2 tokens revoked.")
    expect(panel.get_by_label("Client", exact=True)).to_have_value("mobile")
    assert live(site, "1=1") == before - 2
    assert live(site, "id LIKE '01a21e9d-0002%' OR id LIKE '01a21e9d-0004%'") == 0


def test_nothing_ticked(panel: Page, site: Site) -> None:
    """Without a tick nothing is revoked."""
    before = live(site, "1=1")
    panel.get_by_role("button", name="Revoke tokens").click()
    expect(panel.get_by_role("status").first).to_contain_text("No token is ticked")
    assert live(site, "1=1") == before


def test_all_of_a_page_is_ticked(panel: Page) -> None:
    """One box ticks every row of the page."""
    panel.get_by_label("Tick all of this page").check()
    expect(panel.locator("input[name=token]:checked")).to_have_count(50)


def test_all_of_a_search(panel: Page, site: Site) -> None:
    """After a confirmation with their number all tokens of a search are revoked, over all pages, and no others."""
    others = live(site, f"client <> '{PHONE}'")
    assert live(site, f"client = '{PHONE}'") == 48
    panel.get_by_label("Client", exact=True).fill("mobile")
    panel.get_by_role("button", name="Search").click()
    panel.get_by_role("link", name="Revoke all of this search…").click()
    expect(panel.get_by_role("heading", name="Revoke 48 tokens?")).to_be_visible()
    # What is issued after the question is not meant.
    site.fill(lambda stores: add_token(stores, -2))
    panel.get_by_role("button", name="Revoke 48 tokens").click()
    expect(panel.get_by_role("status").first).to_have_text("48 tokens revoked.")
    assert live(site, f"client = '{PHONE}'") == 1
    assert live(site, f"client <> '{PHONE}'") == others


def test_every_token(panel: Page, site: Site) -> None:
    """A search of nothing in particular is every token, and is called so."""
    panel.get_by_role("link", name="Revoke all of this search…").click()
    expect(panel.get_by_text("This is every token there is.")).to_be_visible()
    panel.get_by_role("button", name="Revoke 96 tokens").click()
    expect(panel.get_by_role("status").first).to_have_text("96 tokens revoked.")
    assert live(site, "1=1") == 0
    panel.get_by_role("link", name="Revoke all of this search…").click()
    expect(panel.get_by_role("heading", name="Nothing to revoke")).to_be_visible()


def test_a_token_s_page(panel: Page) -> None:
    """A token's page masks its identifiers, and its button revokes it."""
    panel.get_by_role("link", name="01a21e9d-0002…").click()
    expect(panel.get_by_role("link", name="Mobile app")).to_be_visible()
    assert f"{2:080x}" not in panel.content()
    assert f"{2 + 10**9:080x}" not in panel.content()
    panel.get_by_role("button", name="Revoke token").click()
    expect(panel.locator("#found")).to_have_text("1 token")
    expect(panel.get_by_role("cell", name="Yes")).to_be_visible()


def test_revoked_means_revoked(panel: Page, site: Site) -> None:
    """The session of a revoked row can neither be used nor refreshed, though a refresh came in between."""
    panel.get_by_role("link", name="New Password Client").first.click()
    panel.get_by_label("Name", exact=True).fill("Once")
    panel.get_by_role("button", name="Save").click()
    client = {
        "client_id": panel.locator("#client-id").inner_text(),
        "client_secret": panel.locator("#client-secret").inner_text(),
    }
    login = {"grant_type": "password", "username": "jo", "password": PASSWORD, **client}
    first = post_json(site.url, "/Api/access_token", login).document
    panel.get_by_role("link", name="List OAuth2 Tokens").click()
    panel.locator("input[name=token]").first.check()
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **client}
    second = post_json(site.url, "/Api/access_token", refresh).document
    panel.get_by_role("button", name="Revoke tokens").click()
    expect(panel.get_by_role("status").first).to_contain_text("revoked")
    refresh["refresh_token"] = second["refresh_token"]
    assert post_json(site.url, "/Api/access_token", refresh).status == 400


def test_audit(panel: Page) -> None:
    """What was done stands in the audit trail, with who did it, and is found by that."""
    panel.get_by_label("Tick token 01a21e9d-0002").check()
    panel.get_by_role("button", name="Revoke tokens").click()
    panel.get_by_role("link", name="Audit").click()
    row = panel.get_by_role("row").filter(has_text="tokens revoked")
    expect(row).to_contain_text("panel:admin")
    expect(row).to_contain_text("127.0.0.1")
    expect(panel.get_by_role("row").filter(has_text="panel signed in")).to_have_count(1)
    panel.get_by_label("Event").select_option("logged out")
    panel.get_by_role("button", name="Search").click()
    expect(panel.get_by_role("heading", name="Nothing of the kind")).to_be_visible()
    expect(panel.get_by_label("Event")).to_have_value("logged_out")
    panel.get_by_label("Event").select_option("any")
    panel.get_by_label("Administrator").fill("nobody")
    panel.get_by_role("button", name="Search").click()
    expect(panel.get_by_role("heading", name="Nothing of the kind")).to_be_visible()


def test_page_of_a_client_lists_its_active_tokens(panel: Page) -> None:
    """The client's page shows its newest active tokens, and leads to all of them."""
    panel.goto(f"/admin/clients/{SHOP}")
    expect(panel.get_by_role("region", name="Active OAuth2 Tokens").get_by_role("row")).to_have_count(11)
    panel.get_by_role("link", name="All active tokens of this client").click()
    expect(panel.locator("#found")).to_have_text(re.compile(r"2\d tokens"))
