"""Clients are made, used, changed and deleted in a browser."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.admin.conftest import Visit, sign_in
from tests.admin.people import ADMIN, PASSWORD
from tests.support.programs import require_php, require_program
from tests.support.site import Site
from tests.wire.exchange import post_json


def make_client(page: Page, kind: str, name: str, *, secret: str = "", user: str = "") -> dict[str, str]:
    """Make a client by the side menu, and return what its page shows once."""
    page.get_by_role("link", name=f"New {kind} Client").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    if user:
        page.get_by_label("Associated user").fill(user)
    page.get_by_label("Change secret").fill(secret)
    expect(
        page.get_by_text("Please take a note of the secret as it will not be available after you save.")
    ).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return {
        "client_id": page.locator("#client-id").inner_text(),
        "client_secret": page.locator("#client-secret").inner_text(),
    }


def test_password_client(panel: Page, site: Site) -> None:
    """A new password client's ID and secret get tokens for a user, and the page lists its session."""
    shown = make_client(panel, "Password", "Mobile", secret="a secret of one's own")
    assert shown["client_secret"] == "a secret of one's own"
    request = {"grant_type": "password", "username": ADMIN, "password": PASSWORD, **shown}
    assert post_json(site.url, "/Api/access_token", request).status == 200
    panel.reload()
    expect(panel.get_by_text("Please take a note of the secret now")).to_have_count(0)
    assert "a secret of one's own" not in panel.content()
    expect(panel.get_by_text("Password Grant")).to_be_visible()
    expect(panel.get_by_role("region", name="Active OAuth2 Tokens").get_by_role("row")).to_have_count(2)


def test_from_an_empty_database(visit: Visit, tmp_path: Path) -> None:
    """A new administrator goes by SuiteCRM's documentation, from nothing to a token with a client of each kind."""
    with Site(tmp_path, "default") as empty:
        made = empty.command("users", "add", "anna", "--admin", "--password-stdin", stdin="pw\n")
        made.check_returncode()
        page = visit(f"{empty.url}/admin/")
        sign_in(page, "anna", "pw")
        expect(page.get_by_role("heading", name="No client yet")).to_be_visible()
        phone = make_client(page, "Password", "Phone", secret="chosen")
        shop = make_client(page, "Client Credentials", "Shop", user="anna")
        for request in (
            {"grant_type": "password", "username": "anna", "password": "pw", **phone},
            {"grant_type": "client_credentials", **shop},
        ):
            assert post_json(empty.url, "/Api/access_token", request).status == 200
        page.get_by_role("link", name="List OAuth2 Tokens").click()
        expect(page.locator("#found")).to_have_text("2 tokens")
        # The page still asks for proposals, which would be refused once its server has ended.
        page.close()


def test_client_credentials_client(panel: Page, site: Site) -> None:
    """A new client credentials client needs an associated user, whom its tokens act as."""
    shown = make_client(panel, "Client Credentials", "Web shop", user="jo")
    token = post_json(site.url, "/Api/access_token", {"grant_type": "client_credentials", **shown}).document
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    user = requests.get(f"{site.url}/Api/V8/current-user", headers=headers, timeout=10).json()
    assert user["data"]["attributes"]["user_name"] == "jo"


def test_errors_stand_beside_their_fields(panel: Page) -> None:
    """A form without name and user is not saved, says so at each field, and keeps the rest."""
    panel.get_by_role("link", name="New Client Credentials Client").first.click()
    panel.get_by_label("Associated user").fill("nobody")
    panel.get_by_label("Is confidential").uncheck()
    panel.get_by_role("button", name="Save").click()
    name, user = panel.get_by_label("Name", exact=True), panel.get_by_label("Associated user")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(re.compile("Give it a name"))
    expect(user).to_have_accessible_description(re.compile("There is no such user"))
    expect(user).to_have_value("nobody")
    expect(panel.get_by_label("Is confidential")).not_to_be_checked()


def test_users_are_proposed(panel: Page) -> None:
    """Typing the beginning of a first name proposes the one user of that name who may get tokens."""
    panel.get_by_role("link", name="New Client Credentials Client").first.click()
    panel.get_by_label("Associated user").press_sequentially("joa")
    expect(panel.locator("#user-names option")).to_have_count(1)
    expect(panel.locator("#user-names option")).to_have_attribute("value", "jo")


def test_a_name_typed_while_the_page_loads_is_proposed(panel: Page) -> None:
    """A name typed before the page's scripts have come is looked up as soon as they have."""
    held: list[Route] = []

    def hold(script: Route) -> None:
        held.append(script)

    panel.route("**/htmx.min.js", hold)
    with panel.expect_request("**/htmx.min.js"):
        panel.get_by_role("link", name="New Client Credentials Client").first.click()
    panel.get_by_label("Associated user").press_sequentially("joa")
    held.pop().continue_()
    expect(panel.locator("#user-names option")).to_have_attribute("value", "jo")


@pytest.mark.parametrize("language", ["PHP", "curl", "Python"])
def test_ready_requests_run(panel: Page, tmp_path: Path, language: str) -> None:
    """Each ready request, run as it is shown, gets a token."""
    make_client(panel, "Client Credentials", f"Ready {language}", user=ADMIN)
    if language != "PHP":  # which is open from the beginning
        panel.get_by_text(language, exact=True).click()
    program = tmp_path / "request"
    program.write_text(panel.locator(f"#request-{language.lower()}").inner_text())
    if language == "PHP":
        command: list[str | Path] = [require_php("curl"), program]
    elif language == "curl":
        require_program("curl")
        command = ["sh", program]
    else:
        command = [sys.executable, program]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith("eyJ") if language == "Python" else json.loads(told)["token_type"] == "Bearer"


def test_edit(panel: Page) -> None:
    """A client gets another name, and its list finds it by a part of that."""
    make_client(panel, "Password", "Before")
    panel.get_by_role("link", name="Edit").click()
    panel.get_by_label("Name", exact=True).fill("Afterwards")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("heading", name="Afterwards")).to_be_visible()
    panel.get_by_role("link", name="List OAuth2 Clients").click()
    panel.get_by_label("Name").fill("TERWAR")
    panel.get_by_role("button", name="Search").click()
    expect(panel.get_by_role("row")).to_have_count(2)
    expect(panel.get_by_role("link", name="Afterwards")).to_be_visible()


def test_new_secret(panel: Page, site: Site) -> None:
    """After a new secret the old one gets no tokens, and the new one does."""
    old = make_client(panel, "Client Credentials", "Rotated", user=ADMIN)
    panel.get_by_role("link", name="New secret").click()
    panel.get_by_role("button", name="Save").click()
    new = old | {"client_secret": panel.locator("#client-secret").inner_text()}
    statuses = [
        post_json(site.url, "/Api/access_token", {"grant_type": "client_credentials", **each}).status
        for each in (old, new)
    ]
    assert statuses == [401, 200]


def test_delete(panel: Page, site: Site) -> None:
    """Deleting tells how many tokens end, and ends them."""
    client = make_client(panel, "Client Credentials", "Doomed", user=ADMIN)
    token = post_json(site.url, "/Api/access_token", {"grant_type": "client_credentials", **client}).document
    panel.get_by_role("link", name="Delete").click()
    expect(panel.get_by_text("Its one active token ends at once")).to_be_visible()
    panel.get_by_role("button", name="Delete client").click()
    expect(panel.get_by_role("status")).to_contain_text("“Doomed” is deleted")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert requests.get(f"{site.url}/oauth/verify", headers=headers, timeout=10).status_code == 401


def test_a_form_sent_twice_makes_one_client(panel: Page, site: Site) -> None:
    """The same form sent again, as by a double click, shows the client that it made."""
    panel.get_by_role("link", name="New Password Client").first.click()
    panel.get_by_label("Name", exact=True).fill("Only once")
    address = panel.url
    fields = panel.eval_on_selector("main form", "form => Object.fromEntries(new FormData(form))")
    answers = [
        panel.request.post(address, form=fields, headers={"Origin": site.url}, max_redirects=0) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1
    panel.goto(answers[0].headers["location"])
    expect(panel.locator("#client-secret")).to_have_text(re.compile(r"[\w-]{43}"))


def test_a_form_whose_answer_never_came_is_sent_again(panel: Page) -> None:
    """Save works once more a few seconds after an answer was stopped; until then a second click sends nothing."""
    panel.get_by_role("link", name="New Password Client").first.click()
    panel.get_by_label("Name", exact=True).fill("Stopped once")
    sent: list[Route] = []

    def stop(request: Route) -> None:
        sent.append(request)
        request.abort("aborted")

    panel.route("**/clients/new/password", stop)
    save = panel.get_by_role("button", name="Save")
    save.dblclick()
    expect(panel.locator("main form")).not_to_have_attribute("data-sent", "yes")
    assert len(sent) == 1
    panel.unroute("**/clients/new/password")
    save.click()
    expect(panel.get_by_role("heading", name="Stopped once")).to_be_visible()
