"""The dialects: one meaning of a fault, told as league 5, league 8 or RFC 6749 would tell it."""

import re
from html import escape
from html.entities import name2codepoint

from crm_oauth.compat import json_api
from crm_oauth.compat.answer import Answer
from crm_oauth.compat.faults import Fault, Meaning
from crm_oauth.compat.league_texts import LEAGUE_5, LEAGUE_8, RFC_6749
from crm_oauth.compat.php_json import dumps

_JSON = ("Content-Type", "application/json")
_KEYS = {
    "league5": ("error", "message", "hint"),
    "league8": ("error", "error_description", "hint", "message"),
    "rfc6749": ("error", "error_description"),
}


class Dialect:
    """Puts faults into the words, key order, status and headers of one generation.

    Args:
        name: `league5`, `league8` or `rfc6749`.
        grant_mismatch: `json_api` where a grant that the client may not use gets the old API's own body.
    """

    def __init__(self, name: str, grant_mismatch: str = "invalid_client") -> None:
        self._name = name
        self._texts = {"league5": LEAGUE_5, "league8": LEAGUE_8, "rfc6749": RFC_6749}[name]
        self._mismatch_as_json_api = grant_mismatch == "json_api"

    def render(self, fault: Fault, authorization: str = "") -> Answer:
        """Put a fault into words.

        Args:
            fault: what is wrong.
            authorization: the request's Authorization header, which decides the challenge.
        """
        if fault.meaning is Meaning.GRANT_NOT_ALLOWED and self._mismatch_as_json_api:
            return json_api.grant_not_allowed()
        text = self._texts[fault.meaning]
        hint = text.hint.format(_html(fault.about)) if text.hint else None
        challenge = self._challenge(authorization) if text.error == "invalid_client" else []
        return Answer(text.status, (_JSON, *challenge), self._body(text.error, text.message, hint))

    def other_error(self, status: int, error: str, message: str) -> Answer:
        """Put an error for which league has no words into the dialect's keys.

        Args:
            status: of the answer.
            error: its word (RFC 6749 section 5.2).
            message: what people read.
        """
        return Answer(status, (_JSON,), self._body(error, message))

    def _body(self, error: str, message: str, hint: str | None = None) -> str:
        values = {"error": error, "error_description": message, "hint": hint, "message": message}
        return dumps({key: value for key in _KEYS[self._name] if (value := values[key])})

    def _challenge(self, authorization: str) -> list[tuple[str, str]]:
        # league 5 always challenges, league 8 only a request that sent an Authorization header.
        if self._name == "league8" and not authorization:
            return []
        scheme = "Bearer" if authorization.startswith("Bearer") else "Basic"
        return [("WWW-Authenticate", f'{scheme} realm="OAuth"')]


_AMPERSAND = re.compile(r"&amp;(#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z0-9]+);")


def _html(text: str) -> str:
    """Escape as PHP's htmlspecialchars(…, ENT_QUOTES, 'UTF-8', false): entities already there stay as they are."""
    escaped = escape(text, quote=True).replace("&#x27;", "&#039;")
    return _AMPERSAND.sub(_restore_entity, escaped)


def _restore_entity(match: re.Match[str]) -> str:
    name = match[1]
    return f"&{name};" if name.startswith("#") or name in name2codepoint else match[0]
