"""What the answer to a bad request must be."""

from collections.abc import Iterable, Iterator
from http.client import HTTPConnection, HTTPException

from tests.wire.bad.request import CREDENTIALS, SECRET_MARK, TEXT_MARK, BadRequest, json_request
from tests.wire.exchange import Received

SECRETS = (SECRET_MARK, "pw-secret", "cc-secret", "admin-pw", "def50200", "eyJ0eXAi")
_MARKUP = ("<script", "<b>")
_JSON_TYPES = ("application/json", "application/vnd.api+json")


def faults_of(port: int, batch: Iterable[BadRequest]) -> Iterator[str]:
    """Send a batch over one connection, then a good request; yield what is wrong with the answers.

    Args:
        port: of a server on this machine.
        batch: requests that must be refused.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for request in batch:
        try:
            received = _send(connection, request)
        except (OSError, HTTPException) as error:
            connection.close()
            yield f"{request.name}: no answer: {error!r}"
        else:
            if wrong := _wrong(request, received):
                yield f"{request.name}: {wrong}: {received}"
    if _send(connection, json_request("a good one", CREDENTIALS)).status != 200:
        yield f"{request.name}: a good request after it is refused"
    connection.close()


def _send(connection: HTTPConnection, request: BadRequest) -> Received:
    headers = {"Accept": "application/json", **request.headers}
    if request.chunked:
        headers["Transfer-Encoding"] = "chunked"
        pieces = (request.body[start : start + 4096] for start in range(0, len(request.body), 4096))
        connection.request(request.method, request.path, pieces, headers, encode_chunked=True)
    else:
        connection.request(request.method, request.path, request.body, headers)
    response = connection.getresponse()
    received = {name.lower(): value for name, value in response.getheaders()}
    return Received(response.status, received, response.read().decode())


def _wrong(request: BadRequest, received: Received) -> str:
    if not 400 <= received.status < 500:
        return "no refusal"
    if request.name.startswith("too long") and received.status != 413:
        return "not told that it is too long"
    if received.headers.get("content-type") not in _JSON_TYPES or "set-cookie" in received.headers:
        return "no plain JSON"
    if request.method == "HEAD":
        return ""
    if not received.body.startswith('{"'):
        return "no JSON object"
    told = (*_MARKUP, *SECRETS, "access_token", "Traceback") + (() if request.quoted else (TEXT_MARK,))
    return next((f"tells {text!r}" for text in told if text in received.body), "")
