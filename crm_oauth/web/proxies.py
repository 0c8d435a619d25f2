"""Believes X-Forwarded-* headers and X-Request-Id, but only from the proxies that the operator named."""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING

from structlog import get_logger
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = get_logger(__name__)


class TrustedProxies:
    """WSGI middleware: Werkzeug's ProxyFix for requests from trusted addresses, nothing for all others.

    Args:
        app: the WSGI application.
        networks: the addresses that are believed.
    """

    def __init__(self, app: "WSGIApplication", networks: Collection[IPv4Network | IPv6Network]) -> None:
        self._direct = app
        self._behind_proxy = ProxyFix(self._strip_prefix, x_for=1, x_proto=1, x_host=1, x_prefix=1)
        self._networks = networks
        self._has_warned = False

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        if self._trusts(environ.get("REMOTE_ADDR", "")):
            return self._behind_proxy(environ, start_response)
        environ.pop("HTTP_X_REQUEST_ID", None)
        if "HTTP_X_FORWARDED_FOR" in environ and not self._has_warned:
            self._has_warned = True
            _log.warning(
                "X-Forwarded-For is not believed: if this address is a proxy, name it in CRM_OAUTH_TRUSTED_PROXIES,"
                " or all who come through it count as one",
                address=environ.get("REMOTE_ADDR", ""),
            )
        return self._direct(environ, start_response)

    def _trusts(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            peer = ip_address(address)
        except ValueError:  # a unix socket has no address: only the front end can reach it
            return not address
        return any(peer in network for network in self._networks)

    def _strip_prefix(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        # Some proxies name the prefix and cut it off the path, some name it and leave it on.
        prefix, path = environ.get("SCRIPT_NAME", "").rstrip("/"), environ.get("PATH_INFO", "")
        if prefix and path.startswith(prefix + "/"):
            environ["PATH_INFO"] = path.removeprefix(prefix)
        return self._direct(environ, start_response)
