"""Requests that are ready to run: with this server's address, this client's id and its secret."""

import json
import shlex
from dataclasses import dataclass

from crm_oauth.store.models import Client

_TYPE = "application/vnd.api+json"


@dataclass(frozen=True, slots=True)
class ReadyRequest:
    """A request in one language.

    Args:
        language: its name.
        text: the program.
    """

    language: str
    text: str


def ready_requests(client: Client, secret: str, endpoint: str) -> list[ReadyRequest]:
    """Return a token request in PHP (as in SuiteCRM's documentation), for curl and in Python.

    Args:
        client: who asks.
        secret: of the client.
        endpoint: the token endpoint's address.
    """
    body = {"grant_type": client.allowed_grant_type or "", "client_id": client.id, "client_secret": secret}
    if body["grant_type"] == "password":
        body |= {"username": "USER_NAME", "password": "PASSWORD"}
    return [
        ReadyRequest("PHP", _php(body, endpoint)),
        ReadyRequest("curl", _curl(body, endpoint)),
        ReadyRequest("Python", _python(body, endpoint)),
    ]


def _php(body: dict[str, str], endpoint: str) -> str:
    fields = "\n".join(f"    {_php_text(name)} => {_php_text(value)}," for name, value in body.items())
    return f"""<?php
$ch = curl_init();
$header = array(
    'Content-type: {_TYPE}',
    'Accept: {_TYPE}',
);
$postStr = json_encode(array(
{fields}
));
$url = {_php_text(endpoint)};
curl_setopt($ch, CURLOPT_URL, $url);
curl_setopt($ch, CURLOPT_CUSTOMREQUEST, 'POST');
curl_setopt($ch, CURLOPT_POSTFIELDS, $postStr);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, 1);
curl_setopt($ch, CURLOPT_HTTPHEADER, $header);
$output = curl_exec($ch);
echo $output;
"""


def _php_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _curl(body: dict[str, str], endpoint: str) -> str:
    data = shlex.quote(json.dumps(body, indent=2, ensure_ascii=False))
    return f"curl {shlex.quote(endpoint)} \\\n  -H 'Content-Type: {_TYPE}' \\\n  -d {data}\n"


def _python(body: dict[str, str], endpoint: str) -> str:
    fields = "\n".join(f"        {name!r}: {value!r}," for name, value in body.items())
    return f"""import requests

answer = requests.post(
    {endpoint!r},
    json={{
{fields}
    }},
    timeout=10,
)
answer.raise_for_status()
print(answer.json()["access_token"])
"""
