"""docs/wire.md: its requests get the answers that stand below them, and it leaves no route out."""

import json
import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise

import pytest

from crm_oauth.oauth.access_tokens import MAX_LENGTH
from crm_oauth.oauth.wire import MAX_BODY
from tests.documents.reading import ROOT, text_of
from tests.support.programs import require_program
from tests.support.site import Site

PAGE = "docs/wire.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
EXAMPLES = [
    (request[1], answer[1]) for request, answer in pairwise(_BLOCK.findall(text_of(PAGE))) if answer[0] == "http"
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server in the default profile."""
    with Site(tmp_path_factory.mktemp("wire"), "default") as site:
        yield site


@pytest.fixture(scope="module")
def values(site: Site) -> dict[str, str]:
    """Make what the examples stand for: a user and a client of each kind."""
    site.command("users", "add", "anna", "--password-stdin", stdin="PASSWORD\n").check_returncode()
    made: dict[str, str] = {}
    for word, grant in ("MACHINE", "client_credentials"), ("CLIENT", "password"):
        add = ("clients", "add", "--name", word, "--grant", grant, "--user", "anna", "--json")
        client = json.loads(site.command(*add).stdout)
        made |= {f"{word}_ID": client["id"], f"{word}_SECRET": client["secret"]}
    return made | {"http://127.0.0.1:8000": site.url}


def _filled(command: str, values: dict[str, str]) -> str:
    words = "|".join(sorted(map(re.escape, values), key=len, reverse=True))  # USED_REFRESH_TOKEN before REFRESH_TOKEN
    return re.sub(words, lambda word: values[word[0]], command)


def _matches(shown: str, told: str) -> bool:
    """Tell whether an answer is the one shown, where an ellipsis stands for anything on its line."""
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), told) is not None


def test_each_request_gets_its_answer(values: dict[str, str]) -> None:
    """In their order, each request is answered with the status, the headers and the body that are shown."""
    require_program("curl")
    assert len(EXAMPLES) > 5
    for command, shown in EXAMPLES:
        told = subprocess.run(
            ["sh", "-c", f"{_filled(command, values)} -s"], capture_output=True, text=True, check=True
        ).stdout
        head, body = told.replace("\r\n", "\n").split("\n\n", 1)
        status, *headers = head.split("\n")
        shown_head, shown_body = shown.split("\n\n", 1)
        shown_status, *shown_headers = shown_head.split("\n")
        assert (status, _matches(shown_body, body)) == (shown_status, True), body
        for header in shown_headers:
            assert any(_matches(header, each) for each in headers), (header, headers)
        if "access_token" in body:
            answer = json.loads(body)
            values["USED_REFRESH_TOKEN"] = values.get("REFRESH_TOKEN", "")
            values |= {"ACCESS_TOKEN": answer["access_token"], "REFRESH_TOKEN": answer.get("refresh_token", "")}


def test_no_route_is_left_out() -> None:
    """Each path of the description for programs is on the page, those of SuiteCRM's API by their root."""
    described = re.findall(r"^  (/\S+):", text_of("docs/openapi.yaml"), re.MULTILINE)
    assert len(described) > 15
    for path in described:
        root, api, _ = path.partition("/V8/")
        assert f"{root if api and root != '/Api' else path}`" in text_of(PAGE), path


def test_limits_are_those_of_the_program() -> None:
    """The figures of the page are the program's."""
    gunicorn = (ROOT / "config" / "gunicorn.py").read_text()
    page = text_of(PAGE)
    assert f"| {MAX_BODY // 1024} KiB, else 413 |" in page
    assert f"| an access token that is looked at | {MAX_LENGTH // 1024} KiB |" in page
    assert f"| {int(_setting(gunicorn, 'limit_request_line')):,} bytes |" in page
    assert "| 32 KiB, 100 |" in page
    assert _setting(gunicorn, "limit_request_field_size") == "32 * 1024"
    assert _setting(gunicorn, "limit_request_fields") == "100"


def _setting(text: str, name: str) -> str:
    found = re.search(rf"^{name} = (.*)$", text, re.MULTILINE)
    assert found, name
    return found[1]
