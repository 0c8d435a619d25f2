"""The OpenAPI document is true: of the routes, and of what they answer to whatever fits it or does not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm_oauth.profiles import load_profile
from tests.fuzz.conftest import few
from tests.support.site import Site
from tests.wire.bad.request import CREDENTIALS
from tests.wire.traffic import new_token

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

_PANEL = "/admin/"
_ROUTES = """
import json, app
rules = app.create_app().url_map.iter_rules()
print(json.dumps([(rule.rule, method.lower()) for rule in rules for method in rule.methods]))
"""

described = schemathesis.openapi.from_path(DOCUMENT)


def test_every_route_is_described(site: Site) -> None:
    """The document has each route of the server but the panel's, by each of its methods, and no other."""
    told = subprocess.run(
        [sys.executable, "-c", _ROUTES], cwd=site.folder, env=site.environment, capture_output=True, check=True
    )
    served = {(path, method) for path, method in json.loads(told.stdout) if method not in {"head", "options"}}
    paths = described.raw_schema["paths"]
    assert {(path, method) for path, item in paths.items() for method in item} == {
        (path, method) for path, method in served if not path.startswith(_PANEL)
    }


def test_every_profile_serves_the_token_paths_described() -> None:
    """Each profile that ships has its token endpoint at paths that the document has."""
    for name in ("7.10.0", "7.10.2", "7.12", "7.14"):
        assert described.raw_schema["paths"].keys() >= set(load_profile(name).endpoint.paths)


# One path of each route: the server makes no difference between the others.
first_paths = described.include(path_regex=r"^/(Api/(V8/)?[\w-]+|oauth/\w+|\.well-known/.+|\w+z|metrics)$")


@first_paths.parametrize()
@few
def test_answers_are_as_described(case: Case[Any], site: Site) -> None:
    """Whatever a stranger asks, the answer's status, headers and body are among those that the document has."""
    case.validate_response(case.call(base_url=site.url), checks=CHECKS)


@first_paths.parametrize()
@few
def test_answers_to_friends_are_as_described(case: Case[Any], site: Site) -> None:
    """The same for a client that proves who it is, and for the bearer of a good token."""
    if isinstance(case.body, dict):
        case.body |= {name: CREDENTIALS[name] for name in ("client_id", "client_secret")}
    response = case.call(base_url=site.url, headers={"Authorization": f"Bearer {new_token(site)}"})
    case.validate_response(response, checks=CHECKS)
