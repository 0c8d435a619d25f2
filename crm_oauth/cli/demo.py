"""A user and clients to try the server with."""

import json
import secrets
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from crm_oauth.cli.acts import note_act
from crm_oauth.cli.users import new_user
from crm_oauth.compat.client_secrets import generate_client_secret, hash_client_secret
from crm_oauth.profiles import Profile
from crm_oauth.store.db import Database
from crm_oauth.store.ids import new_id
from crm_oauth.store.models import Client

_USER_NAME = "demo"


def add_demo(database: Database, profile: Profile, bind: str) -> str:
    """Add the user and a client for each grant that starts a session, unless there is a client already.

    Args:
        database: with a current schema.
        profile: the one in use; it says which grants are on, and where the token endpoint is.
        bind: where the server will listen.

    Returns:
        What to tell the operator, secrets and all; nothing if nothing was added.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    password = secrets.token_urlsafe(12)
    requests = [
        {"grant_type": grant, "client_id": new_id(), "client_secret": generate_client_secret(), **owner}
        for grant, owner in (
            ("password", {"username": _USER_NAME, "password": password}),
            ("client_credentials", {}),
        )
        if grant in profile.grants
    ]
    with database.unit_of_work() as stores:
        if stores.clients.list() or stores.users.find_by_name(_USER_NAME):
            return ""
        user = new_user(_USER_NAME, password)
        stores.users.add(user)
        note_act(stores, "user_added", user_id=user.id)
        for request in requests:
            stores.clients.add(_client(request, user.id))
            note_act(stores, "client_added", f"grant: {request['grant_type']}", client_id=request["client_id"])
    address = _address(bind)
    told = [*_told(password, requests, address + profile.endpoint.paths[0])]
    panel = f"\nThe panel: {address}/admin/, for those made by: {_program()} users add NAME --admin"
    return "\n".join([*told, panel, ""])


def _client(request: dict[str, str], user_id: str) -> Client:
    grant = request["grant_type"]
    return Client(
        id=request["client_id"],
        name=f"Demo {grant}",
        secret=hash_client_secret(request["client_secret"], "sha256"),
        allowed_grant_type=grant,
        assigned_user_id=user_id if grant == "client_credentials" else None,
    )


def _told(password: str, requests: list[dict[str, str]], endpoint: str) -> Iterator[str]:
    yield "\nTo try it, shown only this once:"
    yield f"  user {_USER_NAME}, password {password}"
    for request in requests:
        yield f"  {request['grant_type']} client {request['client_id']}, secret {request['client_secret']}"
    for request in requests:
        body = shlex.quote(json.dumps(request))
        yield f"\ncurl {endpoint} -H 'Content-Type: application/vnd.api+json' -d {body}"


def _program() -> str:
    """Name this command as the shell finds it from here."""
    path = Path(sys.executable).with_name("crm-oauth")
    return shlex.quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def _address(bind: str) -> str:
    """Return curl's words for where gunicorn listens."""
    if bind.startswith("unix:"):
        return f"--unix-socket {shlex.quote(bind.removeprefix('unix:'))} http://localhost"
    return f"http://{bind}"
