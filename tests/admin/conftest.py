"""A server with an administrator, and browsers to visit it with."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.admin.people import ADMIN, PASSWORD, add_people
from tests.support.programs import require_program
from tests.support.site import Site

# To browsers this machine is as safe as TLS; by this name it is a server somewhere, over plain http.
ELSEWHERE = "panel.example"

CHROMIUM = [
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A refused form is an answer of 4xx, which Chromium always tells; and without TLS one header does not count.
_USUAL = ("the server responded with a status of 4", "Cross-Origin-Opener-Policy header has been ignored")

expect.set_options(timeout=10_000)

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = require_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server in the default profile."""
    site = Site(tmp_path_factory.mktemp("panel"), "default")
    site.fill(add_people)
    with site:
        yield site


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Visit]:
    """Open a browser of its own at a path of the panel; what options there are, Playwright tells.

    Whatever the page complains of in the browser's console fails the test.
    """
    contexts = []
    complaints: list[str] = []

    def open_page(path: str = "/admin/", **options: object) -> Page:
        chosen: dict[str, object] = {"locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
        context = chromium.new_context(base_url=site.url, **chosen)  # type: ignore[arg-type]  # as Playwright takes them
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(usual in text for usual in _USUAL)] == []


@pytest.fixture
def panel(visit: Visit) -> Page:
    """The panel's first page, with the administrator signed in."""
    page = visit("/admin/")
    sign_in(page)
    return page


def sign_in(page: Page, name: str = ADMIN, password: str = PASSWORD) -> None:
    """Fill the form and send it."""
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
