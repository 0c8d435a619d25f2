"""Nobody gets in but administrators, and nothing is done that they did not send."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.admin.people import ADMIN, ADMIN_ID, OTHERS, PASSWORD, add_people
from tests.admin.probe.conftest import Visit
from tests.admin.probe.visitor import ACTS, PAGES, Visitor, state
from tests.support.site import Site


@pytest.mark.parametrize("path", PAGES)
def test_pages_need_a_session(visit: Visit, path: str) -> None:
    """Without a session each page only leads to the sign-in, whatever headers say who is asking."""
    forged = {
        "X-Forwarded-User": ADMIN,
        "Remote-User": ADMIN,
        "X-Original-URL": "/admin/",
        "Authorization": "Basic YTpi",
    }
    for headers in ({}, forged):
        answer = visit().ask("GET", path, headers=headers)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/admin/sign-in")


@pytest.mark.parametrize("path", ACTS)
def test_acts_need_a_session(visit: Visit, site: Site, path: str) -> None:
    """Without a session nothing that is posted does anything, with a CSRF token of the sign-in page neither."""
    before = state(site)
    visitor = visit()
    assert visitor.ask("POST", path, data=ACTS[path]).status_code == 401
    form = {"csrf_token": visitor.csrf("/admin/sign-in"), **ACTS[path]}
    assert visitor.ask("POST", path, data=form).status_code == 401
    assert state(site) == before


@pytest.mark.parametrize("path", ACTS)
def test_acts_need_a_csrf_token(admin: Visitor, visit: Visit, site: Site, path: str) -> None:
    """A token that is missing, wrong or another session's is refused; so is JSON, and every other site."""
    other = visit("192.0.2.2")
    other.sign_in()
    before, good = state(site), admin.csrf()
    for form in ({}, {"csrf_token": "x"}, {"csrf_token": other.csrf()}, {"csrf_token": good[:-1]}):
        assert admin.ask("POST", path, data={**ACTS[path], **form}).status_code == 400
    assert admin.ask("POST", path, json={**ACTS[path], "csrf_token": good}).status_code == 400
    complete = {**ACTS[path], "csrf_token": good}
    for elsewhere in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert admin.ask("POST", path, data=complete, headers=elsewhere).status_code == 403
    assert state(site) == before
    assert admin.ask("GET", "/admin/").status_code == 200


@pytest.mark.parametrize("path", ACTS)
def test_get_acts_never(admin: Visitor, site: Site, path: str) -> None:
    """GET at an address that acts does nothing."""
    before = state(site)
    assert admin.ask("GET", path, params=ACTS[path]).status_code in (200, 404)
    assert state(site) == before
    assert admin.ask("GET", "/admin/").status_code == 200


@pytest.mark.parametrize("name", OTHERS)
def test_only_administrators(visit: Visit, name: str) -> None:
    """The right password of anybody else is told from a wrong one by nothing."""
    visitor = visit(f"198.51.100.{list(OTHERS).index(name)}")
    right, wrong = visitor.sign_in(name), visitor.sign_in(name, "wrong")
    assert right.status_code == wrong.status_code == 401
    mask = re.compile(r'value="[^"]*"')
    assert mask.sub("", right.text) == mask.sub("", wrong.text)


def test_cookie(visit: Visit) -> None:
    """The cookie is for the panel only, out of reach of scripts and other sites, and Secure behind TLS."""
    for scheme, secure in (("http", False), ("https", True)):
        visitor = visit()
        visitor.headers["X-Forwarded-Proto"] = scheme
        cookie = visitor.ask("GET", "/admin/sign-in").headers["Set-Cookie"]
        assert cookie.startswith("crm_oauth_panel=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/admin"} <= set(cookie.split("; "))
        assert ("Secure" in cookie.split("; ")) is secure


def test_a_planted_session_is_not_taken_over(visit: Visit) -> None:
    """Signing in makes a new cookie: the one from before, and its CSRF token, stay worthless."""
    victim, thief = visit(), visit()
    thief.ask("GET", "/admin/sign-in")
    planted = thief.cookies["crm_oauth_panel"]
    victim.cookies.set("crm_oauth_panel", planted, path="/admin", domain="127.0.0.1")
    victim.sign_in()
    assert victim.cookies["crm_oauth_panel"] != planted
    assert thief.ask("GET", "/admin/").status_code == 303


@pytest.mark.parametrize("value", ["x", "e30.x.y", "eyJzaWduX2luIjoiYWRtaW4ifQ.aaaaaa.bbbbbbbb", "a" * 5000])
def test_forged_cookies(visit: Visit, value: str) -> None:
    """A cookie that this server did not sign is no cookie."""
    visitor = visit()
    visitor.cookies.set("crm_oauth_panel", value, path="/admin", domain="127.0.0.1")
    assert visitor.ask("GET", "/admin/").status_code == 303


def test_a_cookie_dies_with_its_session(admin: Visitor, visit: Visit) -> None:
    """What was copied before signing out opens nothing afterwards."""
    stolen = admin.cookies["crm_oauth_panel"]
    admin.ask("POST", "/admin/sign-out", data={"csrf_token": admin.csrf()})
    thief = visit()
    thief.cookies.set("crm_oauth_panel", stolen, path="/admin", domain="127.0.0.1")
    assert thief.ask("GET", "/admin/").status_code == 303


def test_a_late_answer_spoils_no_form(admin: Visitor, site: Site) -> None:
    """A form to sign in is taken although an answer to what was asked before the session's end comes after it."""
    typed = {"csrf_token": admin.csrf(), "name": "x"}
    asked_before = admin.cookies.copy()
    with site.database.connection() as connection:
        connection.execute(text("DELETE FROM crm_oauth_admin_sessions"))
    form = admin.ask("POST", "/admin/clients/new/password", data=typed).text
    at_the_form = admin.cookies.copy()
    admin.cookies = asked_before
    if "Set-Cookie" not in admin.ask("GET", "/admin/user-names?user_name=j").headers:
        admin.cookies = at_the_form
    sent = {"csrf_token": admin.field(form, "csrf_token"), "user_name": ADMIN, "password": PASSWORD}
    assert admin.ask("POST", "/admin/sign-in", data=sent).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example/", "//evil.example/admin/", "/\\evil.example", "\\\\evil.example", "http:evil.example"),
        *("javascript:alert(1)", "/admin/../evil", "/admin//evil.example", "https:/admin/", "/admin\r\nX: y", "/Api/"),
        *("///evil.example/admin", "/admin.evil.example", "/admin/%2e%2e/index.php", "/admin/%2E./x"),
    ],
)
def test_next_stays_here(visit: Visit, target: str) -> None:
    """Signing in leads to no other place than one of the panel."""
    answer = visit().sign_in(next=target)
    assert answer.headers["Location"] == "/admin/"
    assert "X" not in answer.headers


def test_guessing_is_slowed(visit: Visit, site: Site) -> None:
    """After some wrong passwords the right one opens nothing from there; from elsewhere it does."""
    guesser = visit("203.0.113.77")
    assert [guesser.sign_in(ADMIN, f"guess {number}").status_code for number in range(5)] == [401] * 5
    assert guesser.sign_in().status_code == 401
    assert visit("203.0.113.78").sign_in().status_code == 303
    with site.database.connection() as connection:
        noted = (
            "SELECT count(*) FROM crm_oauth_audit WHERE event = 'panel_sign_in_refused' AND address = '203.0.113.77'"
        )
        assert connection.execute(text(noted)).scalar_one() >= 6


def test_the_wait_is_told(tmp_path: Path) -> None:
    """After too many wrong passwords from an address it is told how long to wait, and in minutes not less than that."""
    site = Site(tmp_path, "default", settings={"GUESSES_PER_ADDRESS": "1/150s"})
    site.fill(add_people)
    with site, Visitor(site) as visitor:
        assert visitor.sign_in(ADMIN, "wrong").status_code == 401
        answer = visitor.sign_in()
    assert answer.status_code == 429
    assert 140 < int(answer.headers["Retry-After"]) <= 150
    assert "try again in 3 minutes" in answer.text


def test_who_is_signed_in_is_not_in_the_cookie(admin: Visitor, site: Site) -> None:
    """The database has only the hash of what the cookie names."""
    with site.database.connection() as connection:
        rows = connection.execute(text("SELECT * FROM crm_oauth_admin_sessions")).all()
    assert rows
    assert ADMIN_ID not in admin.cookies["crm_oauth_panel"]
    assert all(str(row.id_hash) not in admin.cookies["crm_oauth_panel"] for row in rows)
