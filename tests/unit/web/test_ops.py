"""What load balancers are told."""

from pathlib import Path

import pytest
from flask import Flask

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.web.ops import health_routes


@pytest.mark.parametrize(
    ("state", "status", "checks"),
    [
        ("away", 503, {"database": False, "schema": False}),
        ("empty", 503, {"database": True, "schema": False}),
        ("good", 200, {"database": True, "schema": True}),
    ],
)
def test_ready_and_alive(tmp_path: Path, state: str, status: int, checks: dict[str, bool]) -> None:
    """Ready is who has a database with the tables in it, alive is who answers."""
    database = Database(f"sqlite:///{tmp_path / 'nowhere' if state == 'away' else tmp_path}/test.db")
    if state == "good":
        schema.upgrade(database)
    application = Flask(__name__)
    application.register_blueprint(health_routes(database))
    client = application.test_client()
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["checks"]) == (status, checks)
    assert client.get("/healthz").status_code == 200
    database.dispose()
