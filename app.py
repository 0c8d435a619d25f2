"""Composition root: the only file that knows every part. WSGI callable `app:app`, factory `app:create_app`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from flask import Flask

from crm_oauth.admin.blueprint import install_panel
from crm_oauth.admin.keys import Seal, load_session_key
from crm_oauth.admin.panel import Panel
from crm_oauth.faults import StartupError, attempt
from crm_oauth.limits.flood import FloodGate
from crm_oauth.limits.guesses import GuessGuard
from crm_oauth.limits.setup import guess_guard
from crm_oauth.oauth.access_tokens import AccessTokenValidator
from crm_oauth.oauth.client_auth import ClientAuthenticator
from crm_oauth.oauth.encryption import RefreshTokenKeys
from crm_oauth.oauth.endpoints import Introspection, Revocation
from crm_oauth.oauth.grant import Grant
from crm_oauth.oauth.guard import PipelineGuard
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.oauth.registry import GrantRegistry
from crm_oauth.oauth.reuse import ReusePolicy
from crm_oauth.oauth.server import CrmAuthorizationServer
from crm_oauth.oauth.tokens import TokenIssuer
from crm_oauth.oauth.wire import BODY_READ_LIMIT, MAX_BODY
from crm_oauth.observe.audit_trail import AuditTrail
from crm_oauth.observe.logs import configure_logs
from crm_oauth.observe.metrics import RequestMetrics, request_metrics
from crm_oauth.observe.outcome_lines import OutcomeLines
from crm_oauth.observe.request_ids import RequestIds
from crm_oauth.observe.scrape import scrape
from crm_oauth.profiles import Profile, load_profile
from crm_oauth.settings import Settings
from crm_oauth.store.db import Database
from crm_oauth.store.sharing import Sharing
from crm_oauth.store.user_stores import user_store
from crm_oauth.store.users import SqlUserStore
from crm_oauth.web.api_routes import api_routes, for_bearer, unknown_route
from crm_oauth.web.context import after_refusal, repositories
from crm_oauth.web.discovery import discovery_routes
from crm_oauth.web.errors import install_error_answers
from crm_oauth.web.gate import gate_routes
from crm_oauth.web.headers import EndpointHeaders
from crm_oauth.web.metrics import metrics_routes
from crm_oauth.web.oauth_routes import oauth_routes
from crm_oauth.web.ops import health_routes
from crm_oauth.web.outcomes import install_observers, remember_outcome
from crm_oauth.web.proxies import TrustedProxies
from crm_oauth.web.tracing import install_tracing


@dataclass(frozen=True)
class _Parts:
    """What the settings name: read, and found good."""

    settings: Settings
    profile: Profile
    grants: Sequence[type[Grant]]
    keys: KeyRing
    validator: AccessTokenValidator
    codec: RefreshTokenKeys
    session_key: str
    database: Database
    guesses: GuessGuard


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; nothing is created on disk or in the database.

    Args:
        settings: what the operator set; None reads the environment.

    Raises:
        StartupError: with every fault of the settings, the profile, its grants and the keys.
    """
    settings = settings or Settings.load()
    lines = OutcomeLines(configure_logs(settings.log_level, settings.log_format))
    parts = _read(settings)
    metrics = request_metrics()
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_READ_LIMIT, MAX_FORM_MEMORY_SIZE=MAX_BODY)
    # Werkzeug would answer `/Api//access_token` with a redirect, which turns a POST into a GET.
    app.url_map.merge_slashes = False
    _add_routes(app, parts, _authorization_server(parts, metrics))
    install_tracing(app, settings.traces_endpoint)
    trail = AuditTrail(parts.database, settings.audit_retention, metrics.audit_entries_lost)
    install_observers(app, "oauth.token", [lines, metrics, trail])
    identified = RequestIds(EndpointHeaders(app.wsgi_app, parts.profile))
    app.wsgi_app = TrustedProxies(identified, settings.trusted_proxies)  # type: ignore[method-assign]  # Flask's way
    return app


def _read(settings: Settings) -> _Parts:
    faults: list[str] = []
    profile = attempt(faults, load_profile, settings.profile)
    grants = attempt(faults, GrantRegistry.discover().select, profile.grants) if profile else None
    keys = attempt(faults, KeyRing, settings.private_key, settings.public_key)
    codec = attempt(faults, RefreshTokenKeys, settings)
    session_key = attempt(faults, load_session_key, settings) if settings.panel else ""
    users = attempt(faults, user_store, settings)
    database = attempt(
        faults,
        Database,
        settings.database_url.get_secret_value(),
        # A thread that guards a password needs a second one, the audit trail its own.
        pool_size=2 * settings.threads + 1,
        users=users or SqlUserStore,
        sharing=Sharing.of(settings),
    )
    guesses = attempt(faults, guess_guard, settings, database) if database else None
    if not (profile and grants and keys and codec and users and database and guesses) or session_key is None:
        raise StartupError(faults)
    return _Parts(settings, profile, grants, keys, AccessTokenValidator(keys), codec, session_key, database, guesses)


def _authorization_server(parts: _Parts, metrics: RequestMetrics) -> CrmAuthorizationServer:
    settings = parts.settings
    flood = FloodGate(settings.tokens_per_client, settings.workers)
    server = CrmAuthorizationServer(
        profile=parts.profile,
        issuer=TokenIssuer(parts.profile, parts.keys, parts.codec),
        codec=parts.codec,
        authenticator=ClientAuthenticator(),
        reuse=ReusePolicy(settings.refresh_grace),
        repositories=repositories,
        after_refusal=after_refusal,
        guard=PipelineGuard(parts.guesses, flood, metrics.password_checked),
        tell=remember_outcome,
    )
    for grant in parts.grants:
        server.register_grant(grant)
    server.register_endpoint(Introspection(server, parts.validator))
    server.register_endpoint(Revocation(server, parts.validator))
    return server


def _add_routes(app: Flask, parts: _Parts, server: CrmAuthorizationServer) -> None:
    settings, profile, validator, database = parts.settings, parts.profile, parts.validator, parts.database
    app.register_blueprint(oauth_routes(server, database))
    app.register_blueprint(api_routes(validator, server.dialect, database))
    app.register_blueprint(gate_routes(validator, database))
    app.register_blueprint(discovery_routes(profile, parts.grants, parts.keys, settings.public_url))
    app.register_blueprint(health_routes(database))
    app.register_blueprint(metrics_routes(settings.metrics_readers, partial(scrape, database, settings.private_key)))
    if parts.session_key:
        panel = Panel(settings, profile, parts.grants, database, Seal(parts.session_key), parts.guesses)
        install_panel(app, panel, parts.session_key)
    old_api_route = for_bearer(unknown_route, validator, server.dialect, database)
    install_error_answers(app, profile, server.dialect, old_api_route)


def __getattr__(name: str) -> Flask:
    """Make the WSGI callable `app` when a server asks for it, so that importing the factory costs nothing."""
    if name != "app":
        raise AttributeError(name)
    try:
        return create_app()
    except StartupError as error:
        sys.stderr.write("\n".join(["crm-oauth cannot start:", *error.faults, ""]))
        # The status at which gunicorn gives up instead of starting the next worker.
        sys.exit(4)
