"""`/metrics`: for Prometheus, and nobody else."""

from collections.abc import Callable, Collection
from ipaddress import IPv4Network, IPv6Network, ip_address

from flask import Blueprint, Response, abort, request

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_routes(networks: Collection[IPv4Network | IPv6Network], scrape: Callable[[], bytes]) -> Blueprint:
    """Return the route; to everybody else it is a path that does not exist.

    Args:
        networks: the addresses that may read.
        scrape: makes the text.
    """
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        if not _may_read(request.remote_addr or ""):
            abort(404)
        return Response(scrape(), content_type=_TYPE)

    def _may_read(address: str) -> bool:
        try:
            reader = ip_address(address)
        except ValueError:  # a Unix socket, where a front end asks for others
            return False
        return any(reader in network for network in networks)

    return routes
