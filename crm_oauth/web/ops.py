"""Health, for load balancers: alive, and ready to issue tokens."""

from flask import Blueprint, Response, jsonify
from structlog import get_logger

from crm_oauth.store import schema
from crm_oauth.store.db import Database, DatabaseUnavailable

_log = get_logger(__name__)


def health_routes(database: Database) -> Blueprint:
    """Return `/healthz` and `/readyz`.

    Args:
        database: looked at by `/readyz` only.
    """
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def alive() -> Response:
        return jsonify(status="ok")

    @routes.get("/readyz")
    def ready() -> tuple[Response, int]:
        # Keys and settings are good, or the program would not have started.
        checks = {"database": False, "schema": False}
        try:
            database.ping()
            checks["database"] = True
            checks["schema"] = schema.fit(database).is_good
        except DatabaseUnavailable as error:
            _log.warning("not ready", reason=str(error))
        good = all(checks.values())
        return jsonify(status="ok" if good else "unavailable", checks=checks), 200 if good else 503

    return routes
