"""What pages say, to whom, and with which headers."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from markupsafe import escape
from sqlalchemy import text

from tests.admin.people import ADMIN, add_people
from tests.admin.probe.conftest import Visit
from tests.admin.probe.visitor import PAGES, Visitor, state
from tests.admin.rows import PHONE, token_id
from tests.support.site import Site

PAYLOADS = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "{{7*7}}", "${7*7}"),
    *(
        "javascript:alert(1)",
        "</title><svg/onload=alert(1)>",
        "<!--",
        "]]>",
        "%3Cscript%3E",
        "&lt;b&gt;",
        "\u202egnp.exe",
    ),
    "a' OR '1'='1",
)


@pytest.mark.parametrize("path", ["/admin/", "/admin/sign-in", "/admin/tokens", "/admin/nowhere", "/admin/sign-out"])
def test_headers(admin: Visitor, path: str) -> None:
    """Each answer forbids frames, foreign and inline scripts, guessing of types, and keeping a copy."""
    headers = admin.ask("GET", path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES[:-3])
def test_nothing_is_inline(admin: Visitor, path: str) -> None:
    """No page needs what the policy forbids: scripts and styles are files, and nothing is of another host."""
    page = admin.ask("GET", path).text
    assert not re.search(
        r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://(?!127\.0\.0\.1)(?!www\.w3\.org)", page
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_are_escaped(admin: Visitor, site: Site, payload: str) -> None:
    """Whatever a client and a user are called is text on every page that names them."""
    with site.database.connection() as connection:
        change = text("UPDATE oauth2clients SET name = :name, redirect_url = :name, allowed_grant_type = :name")
        connection.execute(change, {"name": payload})
        connection.execute(text("UPDATE users SET last_name = :name WHERE user_name = 'jo'"), {"name": payload})
    paths = (
        "/admin/clients",
        f"/admin/clients/{PHONE}",
        f"/admin/clients/{PHONE}/edit",
        f"/admin/clients/{PHONE}/delete",
    )
    shown = str(escape(payload))
    for path in (
        *paths,
        "/admin/tokens",
        "/admin/user-names?user_name=joan",
        f"/admin/client-names?client={quote(payload)}",
    ):
        answer = admin.ask("GET", path)
        assert answer.status_code == 200
        assert shown in answer.text
        assert payload == shown or payload not in answer.text
    for field in ("name", "client", "user", "id", "sort", "after"):
        searched = admin.ask("GET", "/admin/tokens", params={field: payload})
        assert searched.status_code == 200
        assert payload == shown or payload not in searched.text


def test_no_whole_token_is_shown(admin: Visitor, site: Site) -> None:
    """No page has the identifier of a token, nor the hash of a secret."""
    admin.ask("POST", f"/admin/clients/{PHONE}/secret", data={"csrf_token": admin.csrf(), "secret": ""})
    with site.database.connection() as connection:
        query = text("SELECT secret FROM oauth2clients WHERE id = :id")
        hashed = str(connection.execute(query, {"id": PHONE}).scalar_one())
    assert len(hashed) == 64
    for path in (*PAGES, "/admin/tokens?id=01a21e9d-0002", f"/admin/tokens/{token_id(2)}"):
        page = admin.ask("GET", path).text
        assert [each for each in (f"{2:080x}", f"{2 + 10**9:080x}", hashed) if each in page] == []


@pytest.mark.parametrize(
    "form", [{}, {"user_name": "\0", "password": "\0"}, {"user_name": "a" * 9000, "password": "\ud800"}]
)
def test_odd_input_is_refused(visit: Visit, form: dict[str, str]) -> None:
    """Odd names and passwords are wrong ones, and no fault."""
    visitor = visit("203.0.113.9")
    data = {"csrf_token": visitor.csrf("/admin/sign-in"), **form}
    encoded = {name: value.encode(errors="surrogatepass") for name, value in data.items()}
    assert visitor.ask("POST", "/admin/sign-in", data=encoded).status_code in (400, 401)


@pytest.mark.parametrize(
    "query",
    [
        *("?after=x", "?after=~", "?after=9999999999999~x", "?before=%00", "?sort=id&after=%00", "?id=%00"),
        *("?user=%00", "?last", "?dir=up", "?access_from=0000-00-00T00:00", "?access_from=9999-12-31T23:59"),
        *("?client=%25", "?id=%F0%9F", "?id=%F4%8F%BF%BF", "?id=%ED%9F%BF"),
        *("?access_from=0001-01-01T00:00%2B14:00", "?access_until=9999-12-31T23:59-14:00"),
    ],
)
def test_odd_searches(admin: Visitor, query: str) -> None:
    """No search is a fault of the server; what holds a NUL is refused, on every page."""
    usual = {"tokens": {200, 422}, "audit": {200}, "user-names": {200}, "tokens/revoke": {200, 303}}
    for page, statuses in usual.items():
        assert admin.ask("GET", f"/admin/{page}{query}").status_code in ({400} if "%00" in query else statuses)
    assert admin.ask("GET", f"/admin/clients/%00{query}").status_code == 400


def test_acts_are_noted(admin: Visitor, site: Site) -> None:
    """An act stands in the trail with who did it, from where, to what; never with a secret."""
    form = {"csrf_token": admin.csrf(), "secret": "a secret nobody shall read"}
    answer = admin.ask("POST", f"/admin/clients/{PHONE}/secret", data=form)
    assert answer.status_code == 303
    with site.database.connection() as connection:
        query = text("SELECT * FROM crm_oauth_audit WHERE request_id = :id")
        row = connection.execute(query, {"id": answer.headers["X-Request-Id"]}).mappings().one()
    assert (row["event"], row["client_id"]) == ("client_secret_changed", PHONE)
    assert (row["actor"], row["address"]) == (f"panel:{ADMIN}", "192.0.2.1")
    assert "nobody shall read" not in str(dict(row)) + site.log


def test_the_database_is_away(admin: Visitor, site: Site) -> None:
    """A page says so, and has its style and scripts, for files need no database."""
    files = re.findall(r'(?:href|src)="(/admin/static/[^"]+)"', admin.ask("GET", "/admin/").text)
    assert len(files) >= 4
    with site.database.connection() as connection:
        connection.execute(text("ALTER TABLE crm_oauth_admin_sessions RENAME TO kept"))
    page, *others = (admin.ask("GET", path) for path in ("/admin/", *files))
    with site.database.connection() as connection:
        connection.execute(text("ALTER TABLE kept RENAME TO crm_oauth_admin_sessions"))
    assert page.status_code == 503
    assert "The database is away" in page.text
    assert {answer.status_code for answer in others} == {200}


def test_the_panel_can_be_left_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With CRM_OAUTH_PANEL=false there is nothing at its address."""
    with Site(tmp_path_factory.mktemp("without"), "default", settings={"PANEL": "false"}) as site:
        assert requests.get(f"{site.url}/admin/", timeout=30).status_code == 404


def test_a_grant_that_is_off(tmp_path: Path) -> None:
    """There is no form for clients of a grant that the profile turns off, nor of a kind that there is not."""
    site = Site(tmp_path, "7.10.0")
    site.fill(add_people)
    with site, Visitor(site) as visitor:
        visitor.sign_in()
        form = {"csrf_token": visitor.csrf(), "name": "x", "user_name": ADMIN}
        off, unknown = "/admin/clients/new/client-credentials", "/admin/clients/new/implicit"
        for answer in (visitor.ask("GET", off), visitor.ask("POST", off, data=form)):
            assert (answer.status_code, "This grant is off" in answer.text) == (404, True)
        assert visitor.ask("GET", unknown).status_code == 404
        assert visitor.ask("POST", unknown, data=form).status_code == 405
        assert state(site) == []


def test_the_secret_is_shown_once(admin: Visitor) -> None:
    """The page after a rotation shows the secret; the same page again does not, and no redirect carries it."""
    form = {"csrf_token": admin.csrf(), "secret": ""}
    answer = admin.ask("POST", f"/admin/clients/{PHONE}/secret", data=form)
    first = admin.ask("GET", answer.headers["Location"]).text
    [secret] = re.findall(r'id="client-secret">([\w-]{43})<', first)
    assert secret not in answer.text + str(answer.headers)
    assert secret not in admin.ask("GET", answer.headers["Location"]).text
