"""What strangers may try at the panel, over HTTP."""

import html
import re
from collections.abc import Callable, Iterator

import pytest
import requests
from sqlalchemy import text

from tests.admin.people import ADMIN, ADMIN_ID, OTHERS, PASSWORD, add_people
from tests.admin.rows import PHONE, add_clients, add_token
from tests.support.site import Site

PAGES = (
    *("/admin/", "/admin/clients", "/admin/clients/new/password", "/admin/clients/new/client-credentials"),
    *(f"/admin/clients/{PHONE}", f"/admin/clients/{PHONE}/edit", f"/admin/clients/{PHONE}/secret"),
    *(f"/admin/clients/{PHONE}/delete", "/admin/tokens", "/admin/tokens/revoke", "/admin/profile", "/admin/audit"),
    *("/admin/user-names?user_name=a", "/admin/client-names?client=m", "/admin/nowhere"),
)
ACTS = {
    "/admin/clients/new/password": {"name": "x", "client_id": "0b9d9b9a-0000-4000-8000-000000000001"},
    f"/admin/clients/{PHONE}/edit": {"name": "changed"},
    f"/admin/clients/{PHONE}/secret": {"secret": "known"},
    f"/admin/clients/{PHONE}/delete": {},
    "/admin/tokens/revoke": {"token": "1"},
    "/admin/tokens/revoke-found": {"until": "9999999999"},
    "/admin/sign-out": {},
}
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server behind a proxy that it trusts, with clients and a token."""
    site = Site(
        tmp_path_factory.mktemp("probe"),
        "default",
        settings={"TRUSTED_PROXIES": "127.0.0.1", "GUESSES_PER_USER": "5/1d"},
    )
    site.fill(add_people)
    site.fill(add_clients)
    site.fill(lambda stores: add_token(stores, 2))
    with site:
        yield site


class Visitor(requests.Session):
    """A browser without a window.

    Args:
        site: where it goes.
        address: it comes from, as the front end says.
    """

    def __init__(self, site: Site, address: str = "192.0.2.1") -> None:
        super().__init__()
        self.headers["X-Forwarded-For"] = address
        self._url = site.url

    def ask(self, method: str, path: str, **options: object) -> requests.Response:
        """Send a request, and follow no redirect."""
        options = {"allow_redirects": False, "timeout": 30, **options}
        return self.request(method, self._url + path, **options)  # type: ignore[arg-type]  # as requests takes them

    def csrf(self, path: str = "/admin/clients/new/password") -> str:
        """Return the CSRF token of a page's forms."""
        return html.unescape(re.findall(r'name="csrf_token" value="([^"]+)"', self.ask("GET", path).text)[0])

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD, **more: str) -> requests.Response:
        """Fill the form and send it."""
        form = {"csrf_token": self.csrf("/admin/sign-in"), "user_name": name, "password": password, **more}
        return self.ask("POST", "/admin/sign-in", data=form)


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(site: Site) -> Iterator[Visit]:
    """Return visitors, each with cookies of its own."""
    visitors = []

    def come(address: str = "192.0.2.1") -> Visitor:
        visitors.append(Visitor(site, address))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.close()


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    """An administrator who has signed in."""
    visitor = visit()
    assert visitor.sign_in().status_code == 303
    return visitor


def state(site: Site) -> list[object]:
    """Return what no refused request may change."""
    with site.database.connection() as connection:
        clients = connection.execute(text("SELECT id, name, secret, deleted FROM oauth2clients ORDER BY id")).all()
        tokens = connection.execute(text("SELECT id, token_is_revoked, deleted FROM oauth2tokens ORDER BY id")).all()
        return [*clients, *tokens]


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


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example/", "//evil.example/admin/", "/\\evil.example", "\\\\evil.example", "http:evil.example"),
        *("javascript:alert(1)", "/admin/../evil", "/admin//evil.example", "https:/admin/", "/admin\r\nX: y", "/Api/"),
        *("///evil.example/admin", "/admin.evil.example"),
    ],
)
def test_next_stays_here(visit: Visit, target: str) -> None:
    """Signing in leads to no other place than one of the panel."""
    answer = visit().sign_in(next=target)
    assert answer.headers["Location"] == "/admin/"
    assert "X" not in answer.headers


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
    for path in (*paths, "/admin/tokens", "/admin/user-names?user_name=joan", "/admin/client-names?client=a"):
        answer = admin.ask("GET", path)
        assert answer.status_code == 200
        if re.search("[<>\"']", payload):
            assert payload not in answer.text
    for field in ("name", "client", "user", "id", "sort", "after"):
        searched = admin.ask("GET", "/admin/tokens", params={field: payload})
        assert searched.status_code == 200
        assert not re.search("[<>\"']", payload) or payload not in searched.text


def test_no_whole_token_is_shown(admin: Visitor) -> None:
    """No page has the identifier of a token, nor the hash of a secret."""
    for path in ("/admin/tokens", f"/admin/clients/{PHONE}", "/admin/audit", "/admin/tokens?id=00000002"):
        page = admin.ask("GET", path).text
        assert f"{2:080x}" not in page
        assert f"{2 + 10**9:080x}" not in page
    row = re.findall(r'/admin/tokens/([0-9a-f-]{36})"', admin.ask("GET", "/admin/tokens").text)[0]
    page = admin.ask("GET", f"/admin/tokens/{row}").text
    assert f"{2:080x}" not in page
    assert f"{2 + 10**9:080x}" not in page


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
        *("?client=%25", "?id=%F0%9F"),
    ],
)
def test_odd_searches(admin: Visitor, query: str) -> None:
    """No search is a fault of the server."""
    assert admin.ask("GET", f"/admin/tokens{query}").status_code in (200, 422)
    assert admin.ask("GET", f"/admin/audit{query}").status_code == 200


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


def test_acts_are_noted(admin: Visitor, site: Site) -> None:
    """An act stands in the trail with who did it, from where, to what; never with a secret."""
    form = {"csrf_token": admin.csrf(), "secret": "a secret nobody shall read"}
    answer = admin.ask("POST", f"/admin/clients/{PHONE}/secret", data=form)
    assert answer.status_code == 303
    with site.database.connection() as connection:
        query = text("SELECT * FROM crm_oauth_audit WHERE event = 'client_secret_changed'")
        row = connection.execute(query).mappings().one()
    assert (row["actor"], row["address"], row["client_id"]) == (f"panel:{ADMIN}", "192.0.2.1", PHONE)
    assert row["request_id"] == answer.headers["X-Request-Id"]
    assert "nobody shall read" not in str(dict(row)) + site.log


def test_the_panel_can_be_left_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With CRM_OAUTH_PANEL=false there is nothing at its address."""
    with Site(tmp_path_factory.mktemp("without"), "default", settings={"PANEL": "false"}) as site:
        assert requests.get(f"{site.url}/admin/", timeout=30).status_code == 404


def test_the_secret_is_shown_once(admin: Visitor) -> None:
    """The page after a rotation shows the secret; the same page again does not, and no redirect carries it."""
    form = {"csrf_token": admin.csrf(), "secret": ""}
    answer = admin.ask("POST", f"/admin/clients/{PHONE}/secret", data=form)
    first = admin.ask("GET", answer.headers["Location"]).text
    [secret] = re.findall(r'id="client-secret">([\w-]{43})<', first)
    assert secret not in answer.text + str(answer.headers)
    assert secret not in admin.ask("GET", answer.headers["Location"]).text


def test_who_is_signed_in_is_not_in_the_cookie(admin: Visitor, site: Site) -> None:
    """The database has only the hash of what the cookie names."""
    with site.database.connection() as connection:
        rows = connection.execute(text("SELECT * FROM crm_oauth_admin_sessions")).all()
    assert rows
    assert ADMIN_ID not in admin.cookies["crm_oauth_panel"]
    assert all(str(row.id_hash) not in admin.cookies["crm_oauth_panel"] for row in rows)
