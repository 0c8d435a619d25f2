"""docs/reference/errors.md, from the faults and the dialects that put them into words."""

from collections.abc import Iterator

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from crm_oauth.compat import json_api, slim
from crm_oauth.compat.answer import Answer
from crm_oauth.compat.faults import Fault, Meaning
from crm_oauth.compat.league import Dialect
from crm_oauth.profiles import load_profile, profile_names
from tests.documents.causes import BEARERS, EVERYWHERE, TOKEN_REQUESTS, Cause
from tests.documents.markdown import code, paragraph, table

_INTRODUCTION = """\
# Errors

Every error of the token endpoint and of those around it, as each profile tells it, with its cause and its cure. A
heading is the word by which the log, the audit trail and `crm_oauth_token_requests_total` call a refused token request,
the same in every profile.

A 401 `invalid_client` carries `WWW-Authenticate`; in 7.14 only if the request had an Authorization header. A 429 and a
503 carry `Retry-After`, in seconds. `rfc6749` stands for a profile of your own with that dialect; none that ships has
it.
"""
_ABOUT = {Meaning.INVALID_REQUEST: "username", Meaning.INVALID_SCOPE: "write:all"}
_ALL = "every profile"


def errors_page() -> str:
    """Return the page."""
    return (
        _INTRODUCTION
        + "\n## Of token requests\n"
        + _sections(TOKEN_REQUESTS)
        + "\n## Of bearers\n\n`/oauth/verify` tells none of this: it answers 401, without a body.\n"
        + _sections(BEARERS)
        + "\n## Of any request\n"
        + _sections(EVERYWHERE)
        + "\n## Of requests that fit no route\n\n"
        + table(
            ("request", "profile", "status", "body"),
            [(what, *row) for what, answers in _unrouted().items() for row in _rows(answers)],
        )
    )


def dialects() -> dict[str, Dialect]:
    """Return each way of telling errors, by the profiles that have it."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in profile_names():
        errors = load_profile(name).errors
        found.setdefault((errors.dialect, errors.grant_mismatch), []).append(name)
    found[("rfc6749", "invalid_client")] = ["`rfc6749`"]
    return {", ".join(names): Dialect(*key) for key, names in found.items()}


def _sections(causes: dict[Meaning, Cause]) -> str:
    return "".join(_section(meaning, *cause) for meaning, cause in causes.items())


def _section(meaning: Meaning, cause: str, cure: str) -> str:
    fault = Fault(meaning, _ABOUT.get(meaning, ""))
    answers = [(profiles, dialect.render(fault)) for profiles, dialect in dialects().items()]
    told = paragraph(f"{cause} **Cure:** {cure}")
    return f"\n### {meaning.name.lower()}\n\n{told}\n{table(('profile', 'status', 'body'), _rows(answers))}"


def _rows(answers: list[tuple[str, Answer]]) -> Iterator[tuple[str, str, str]]:
    for profiles, answer in _merged(answers):
        yield profiles, str(answer.status), code(answer.body)


def _merged(answers: list[tuple[str, Answer]]) -> Iterator[tuple[str, Answer]]:
    """Yield each answer once, with all who give it."""
    alike: dict[tuple[int, str], list[tuple[str, Answer]]] = {}
    for profiles, answer in answers:
        alike.setdefault((answer.status, answer.body), []).append((profiles, answer))
    for each in alike.values():
        names = sorted(name for profiles, _ in each for name in profiles.split(", "))
        everybody = len(alike) == 1 and len(names) > len(profile_names())
        yield _ALL if everybody else ", ".join(names), each[0][1]


def _unrouted() -> dict[str, list[tuple[str, Answer]]]:
    old, new = _by_wrong_method("json_api"), _by_wrong_method("slim")
    accept = "application/json"
    return {
        "another method than POST at the token endpoint": [
            (old, json_api.method_not_allowed()),
            (new, slim.method_not_allowed("GET", accept)),
        ],
        "no such path": [(_ALL, slim.not_found(accept))],
        "a good bearer at an unknown path below `/api/`": [(old, json_api.not_found())],
        "a body over 64 KiB": _plain(RequestEntityTooLarge()),
        "a body that is badly framed": _plain(BadRequest()),
    }


def _plain(error: RequestEntityTooLarge | BadRequest) -> list[tuple[str, Answer]]:
    return [
        (profiles, dialect.other_error(error.code, "invalid_request", error.name))
        for profiles, dialect in dialects().items()
    ]


def _by_wrong_method(style: str) -> str:
    return ", ".join(name for name in profile_names() if load_profile(name).endpoint.wrong_method == style)
