"""One administrator with several tabs, and two with one client."""

from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import text

from crm_oauth.admin.keys import Seal
from tests.admin.people import PASSWORD
from tests.admin.probe.conftest import Visit
from tests.admin.probe.visitor import Visitor
from tests.admin.rows import PHONE, SHOP
from tests.support.site import Site

NEW_SECRET = 'id="client-secret">'


def _fields(admin: Visitor, path: str) -> dict[str, str]:
    """Return what the form of a client carries unseen."""
    page = admin.ask("GET", path).text
    return {
        name: admin.field(page, name) for name in ("csrf_token", "client_id", "grant", "seen") if f'"{name}"' in page
    }


def test_each_secret_waits_for_its_page(admin: Visitor) -> None:
    """Of two secrets each is shown on its client's page, whatever was looked at before: the other one, or headers."""
    for client in (PHONE, SHOP):
        answer = admin.ask("POST", f"/admin/clients/{client}/secret", data={"csrf_token": admin.csrf(), "secret": ""})
        assert answer.status_code == 303
    admin.ask("HEAD", f"/admin/clients/{SHOP}")
    for client in (PHONE, SHOP):
        assert NEW_SECRET in admin.ask("GET", f"/admin/clients/{client}").text
        assert NEW_SECRET not in admin.ask("GET", f"/admin/clients/{client}").text


def test_both_forms_outlive_the_session(visit: Visit, site: Site) -> None:
    """Two tabs whose session ended: each signs in, the second in vain, and what was typed in either is there again."""
    tabs = {"/admin/clients/new/password": "Tab one", f"/admin/clients/{PHONE}/edit": "Tab two"}
    browser = visit()
    doors = {}
    for path, name in tabs.items():
        page = browser.ask("POST", path, data={"name": name}).text
        doors[path] = {field: browser.field(page, field) for field in ("csrf_token", "next", "kept")}
    for path, door in doors.items():
        form = {"user_name": "admin", "password": PASSWORD, **door}
        answer = browser.ask("POST", "/admin/sign-in", data=form)
        assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (303, path)
    seal = Seal((site.folder / "var/keys/session.key").read_text().strip())
    with site.database.connection() as connection:
        rows = connection.execute(text("SELECT held FROM crm_oauth_admin_sessions")).scalars()
        assert PASSWORD not in str([seal.open(held) for held in rows])
    for path, name in tabs.items():
        assert f'value="{name}"' in browser.ask("GET", path).text
        assert f'value="{name}"' not in browser.ask("GET", path).text


@pytest.mark.parametrize("letters", ["x", "\u4e2d"])
def test_a_long_form_is_forgotten_and_no_secret_with_it(admin: Visitor, letters: str) -> None:
    """What is too long to be kept for the next page takes nothing else away, and is no fault."""
    changed = {"csrf_token": admin.csrf(), "secret": ""}
    assert admin.ask("POST", f"/admin/clients/{PHONE}/secret", data=changed).status_code == 303
    for kind in ("password", "client-credentials"):
        stale = {"csrf_token": "stale", "name": letters * (50_000 // len(quote(letters)))}
        assert admin.ask("POST", f"/admin/clients/new/{kind}", data=stale).status_code == 400
    assert NEW_SECRET in admin.ask("GET", f"/admin/clients/{PHONE}").text


def test_a_right_that_was_taken_stays_taken(admin: Visitor, visit: Visit) -> None:
    """A form that was opened before another administrator took a client's right to introspect does not give it back."""
    path = f"/admin/clients/{PHONE}/edit"
    client = {"name": "Mobile app", "is_confidential": "1"}
    assert admin.ask("POST", path, data={**_fields(admin, path), **client, "may_introspect": "1"}).status_code == 303
    old = _fields(admin, path)
    other = visit("198.51.100.7")
    other.sign_in()
    assert other.ask("POST", path, data={**_fields(other, path), **client}).status_code == 303
    answer = admin.ask("POST", path, data={**old, **client, "may_introspect": "1"})
    assert answer.status_code == 409
    assert "no resource server" in answer.text


def test_a_form_saved_again_with_changes(admin: Visitor) -> None:
    """Back on a form that made a client, other words make no client unseen: the form comes again, as another one's."""
    path = "/admin/clients/new/password"
    form = {**_fields(admin, path), "name": "First", "secret": "chosen"}
    made = [admin.ask("POST", path, data=form) for _ in range(2)]
    assert [answer.status_code for answer in made] == [303, 303]
    for change in ({"name": "Second"}, {"secret": "another"}, {"may_introspect": "1"}):
        again = admin.ask("POST", path, data=form | change)
        assert again.status_code == 409
        assert "“First”" in again.text
        assert admin.field(again.text, "client_id") != form["client_id"]
