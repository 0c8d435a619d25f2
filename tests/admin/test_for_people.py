"""Everybody can use the panel: with a keyboard, a screen reader, a phone, in the dark, without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.admin.conftest import ELSEWHERE, Visit, sign_in
from tests.admin.people import PASSWORD, add_people
from tests.admin.rows import PHONE, add_clients, add_day, add_token, token_id
from tests.support.site import Site

PAGES = (
    *("/admin/", "/admin/clients", "/admin/clients?name=zzz", "/admin/clients/new/password", f"/admin/clients/{PHONE}"),
    *("/admin/clients/new/client-credentials", f"/admin/clients/{PHONE}/edit", f"/admin/clients/{PHONE}/secret"),
    *(f"/admin/clients/{PHONE}/delete", "/admin/tokens", "/admin/tokens?id=zzz", "/admin/tokens?access_from=x"),
    *("/admin/tokens?grant=password", "/admin/tokens/revoke", f"/admin/tokens/{token_id(2)}"),
    *("/admin/audit", "/admin/profile", "/admin/nowhere"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server after an ordinary day."""
    site = Site(tmp_path_factory.mktemp("people"), "default")
    for add in (add_people, add_clients, add_day):
        site.fill(add)
    for number in range(60):
        site.fill(lambda stores, number=number: add_token(stores, number, token_is_revoked=number == 4))  # type: ignore[misc]
    site.fill(lambda stores: add_token(stores, -1, client="nobody", assigned_user_id="neither"))
    with site:
        yield site


def complaints(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page."""
    found = Axe().run(page).response["violations"]
    return [f"{page.url} {each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_is_content(visit: Visit, scheme: str, width: int) -> None:
    """axe-core finds nothing wrong with any page, light on a desk and dark on a phone; none is too wide."""
    page = visit("/admin/sign-in", color_scheme=scheme, viewport={"width": width, "height": 800})
    found = complaints(page)
    sign_in(page, "admin", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    found += complaints(page)
    sign_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    for path in PAGES:
        page.goto(path)
        found += complaints(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{page.url} is too wide")
    page.goto("/admin/clients/new/client-credentials")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert found + complaints(page) == []


def test_words_of_the_audit_trail_are_whole_on_a_phone(visit: Visit) -> None:
    """On a narrow screen the table scrolls, and no detail is broken within a word."""
    page = visit("/admin/", viewport={"width": 375, "height": 800})
    sign_in(page)
    page.goto("/admin/audit")
    grants = page.locator(".wrap .hint")
    expect(grants.filter(has_text="client_credentials").first).to_be_attached()
    assert set(grants.evaluate_all("all => all.map(each => each.getClientRects().length)")) == {1}


def test_by_keyboard(visit: Visit) -> None:
    """Without a mouse one signs in, makes a client, copies its secret and revokes a token."""
    page = visit("/admin/", permissions=["clipboard-read", "clipboard-write"])
    keyboard = page.keyboard
    keyboard.type("admin")
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    tab_to(page, "New Client Credentials Client")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New Client Credentials Client")).to_be_visible()
    tab_to(page, "name")
    keyboard.type("By keyboard")
    keyboard.press("Tab")
    keyboard.type("jo")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()
    secret = page.locator("#client-secret").inner_text()
    tab_to(page, "Copy the secret")
    keyboard.press("Enter")
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.goto("/admin/tokens")
    tab_to(page, "Tick token 01a21e9d-0001…")
    keyboard.press("Space")
    tab_to(page, "Revoke tokens")
    keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("1 token revoked.")


def test_copying_without_tls(visit: Visit, site: Site) -> None:
    """Over plain http, where a browser keeps its clipboard from scripts, the button copies the secret all the same."""
    page = visit(f"http://{ELSEWHERE}:{site.port}/admin/")
    assert page.evaluate("[isSecureContext, navigator.clipboard === undefined]") == [False, True]
    sign_in(page)
    page.get_by_role("link", name="New Password Client").first.click()
    page.get_by_label("Name", exact=True).fill("Over plain http")
    page.get_by_role("button", name="Save").click()
    secret = page.locator("#client-secret").inner_text()
    page.get_by_role("button", name="Copy the secret").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == secret
    page.get_by_role("link", name="List OAuth2 Clients").click()
    page.get_by_label("Name").press("Control+v")
    expect(page.get_by_label("Name")).to_have_value(secret)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of a name has the focus, which must be seen."""
    look = """() => {
        const at = document.activeElement, text = at.ariaLabel || at.textContent.trim().replace(/\\s+/g, " ");
        return [text || at.id, getComputedStyle(at).outlineStyle];
    }"""
    for _ in range(200):
        page.keyboard.press("Tab")
        text, outline = page.evaluate(look)
        if text == name:
            assert outline != "none"
            return
    raise AssertionError(f"{name} cannot be reached")


def test_skip_link(visit: Visit) -> None:
    """The first thing that Tab reaches leads past the menu."""
    page = visit("/admin/")
    sign_in(page)
    page.goto("/admin/clients")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_without_javascript(visit: Visit) -> None:
    """Everything works without a script: a client is made, edited and deleted, tokens are searched and revoked."""
    page = visit("/admin/", java_script_enabled=False)
    sign_in(page)
    page.get_by_role("link", name="New Client Credentials Client").click()
    page.get_by_label("Name", exact=True).fill("Plain")
    page.get_by_label("Associated user").fill("jo")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#client-secret")).to_have_text(re.compile(r"[\w-]{43}"))
    expect(page.get_by_role("button", name=re.compile("Copy"))).to_have_count(0)
    expect(page.locator("time").first).to_have_text(re.compile("UTC$"))
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("Plainer")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete client").click()
    expect(page.get_by_role("status")).to_contain_text("“Plainer” is deleted")
    page.get_by_role("link", name="List OAuth2 Tokens").click()
    page.get_by_label("Client", exact=True).fill("shop")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Tick token 01a21e9d-0003").check()
    page.get_by_role("button", name="Revoke tokens").click()
    expect(page.get_by_role("status").first).to_have_text("1 token revoked.")
    page.get_by_role("link", name="Revoke all of this search…").click()
    page.get_by_role("button", name=re.compile("Revoke [0-9]+ tokens")).click()
    expect(page.get_by_role("status").first).to_have_text(re.compile("[0-9]+ tokens revoked."))


def test_times_are_the_viewer_s(visit: Visit) -> None:
    """Times are those of the viewer's zone and habits, with UTC at hand."""
    page = visit("/admin/", timezone_id="America/New_York", locale="en-US")
    sign_in(page)
    page.goto(f"/admin/clients/{PHONE}")
    made = page.locator("dd time").first
    expect(made).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
    shown = page.evaluate("""() => {
        const time = document.querySelector("dd time");
        return new Date(time.dateTime).toLocaleString("en-US", {hour: "2-digit", hourCycle: "h23"});
    }""")
    expect(made).to_have_text(re.compile(rf", {shown}:\d\d$"))


def test_the_chart_has_words(visit: Visit) -> None:
    """The chart says in words what it shows, and has a table of its numbers."""
    page = visit("/admin/")
    sign_in(page)
    chart = page.get_by_role("img", name="Tokens per hour")
    expect(chart).to_have_accessible_name(re.compile(r"[\d,]+ tokens were issued and \d+ requests were refused"))
    page.get_by_text("As a table").click()
    table = page.get_by_role("region", name="Tokens per hour, as a table")
    expect(table.get_by_role("row")).to_have_count(25)
    expect(table.get_by_role("columnheader")).to_have_text(
        ["Hour", "Password Grant", "Client Credentials", "Refreshed", "Refused"]
    )


def test_every_link_leads_somewhere(visit: Visit) -> None:
    """No link of any page leads to a page that there is not."""
    page = visit("/admin/")
    sign_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    links = set()
    for path in PAGES:
        page.goto(path)
        links |= set(page.eval_on_selector_all("a[href]", "all => all.map(a => a.href.split('#')[0])"))
    statuses = {link: page.request.get(link).status for link in links if not link.endswith("/admin/nowhere")}
    assert {link: status for link, status in statuses.items() if status not in (200, 422)} == {}
