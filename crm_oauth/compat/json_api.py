"""The bodies of SuiteCRM's old API (lib/API), which spoke JSON:API about its own faults."""

from crm_oauth.compat.answer import Answer
from crm_oauth.compat.php_json import dumps

_VERSION = {
    "meta": {"suiteapi": {"major": 8, "minor": 0, "patch": 0, "stability": "ALPHA"}},
    "jsonapi": {"version": "1.0"},
}


def _answer(status: int, error: dict[str, object]) -> Answer:
    body = dumps({"errors": [{**error, "status": status}], **_VERSION})
    return Answer(status, (("Content-Type", "application/vnd.api+json"),), body)


def grant_not_allowed() -> Answer:
    """Return what a client is told that asks for a grant not its own; PHP really ends the title with a blank."""
    return _answer(400, {"code": 6000, "title": "[SuiteCRM] [OAuth2] [GrantTypeNotAllowedForClient] "})


def method_not_allowed() -> Answer:
    """Return what every method but POST is told on the token endpoint."""
    title = "[SuiteCRM] [API] [Not Allowed] "
    return _answer(403, {"code": 8005, "title": title, "detail": "", "source": {"pointer": ""}})


def not_found() -> Answer:
    """Return what the bearer of a good token is told about a route that the old API has not."""
    title = "[SuiteCRM] [API] [Not Found] [Resource]"
    return _answer(404, {"code": 8005, "title": title, "detail": "", "source": {"pointer": ""}})
