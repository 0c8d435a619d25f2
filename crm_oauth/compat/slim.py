"""How Slim 3, the framework under SuiteCRM's new API, answers a request that no route takes."""

import re

from crm_oauth.compat.answer import Answer
from crm_oauth.compat.php_json import dumps

_KNOWN = ("application/json", "application/xml", "text/xml", "text/html")
_STRUCTURED = re.compile(r"\+(json|xml)")


def method_not_allowed(method: str, accept: str, allowed: str = "POST") -> Answer:
    """Return the 405, or for OPTIONS the 200, of a route that takes another method.

    Args:
        method: the request's method.
        accept: its Accept header, which decides the format.
        allowed: the methods that the route takes.
    """
    allow = ("Allow", allowed)
    if method == "OPTIONS":
        # PHP appends its default_charset to every text/* type.
        headers = (("Content-Type", "text/plain;charset=UTF-8"), allow)
        return Answer(200, headers, f"Allowed methods: {allowed}")
    told = _in_format(405, accept, "Method not allowed", f"Method not allowed. Must be one of: {allowed}")
    return Answer(told.status, (*told.headers, allow), told.body)


def not_found(accept: str) -> Answer:
    """Return the 404 of a path that no route has.

    Args:
        accept: the request's Accept header, which decides the format.
    """
    return _in_format(404, accept, "Page Not Found", "Not found")


def _in_format(status: int, accept: str, title: str, message: str) -> Answer:
    wanted = _negotiate(accept)
    if wanted.endswith("json"):
        return Answer(status, (("Content-Type", wanted),), dumps({"message": message}))
    if wanted.endswith("xml"):
        body = f"<root><message>{message}</message></root>"
    else:
        body = f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1><p>{message}</p></body>\n</html>"
    charset = ";charset=UTF-8" if wanted.startswith("text/") else ""
    return Answer(status, (("Content-Type", wanted + charset),), body)


def _negotiate(accept: str) -> str:
    """Pick as Slim does: the first known type spelled exactly between commas, else any +json or +xml, else HTML."""
    for part in accept.split(","):
        if part in _KNOWN:
            return part
    structured = _STRUCTURED.search(accept)
    return f"application/{structured[1]}" if structured else "text/html"
