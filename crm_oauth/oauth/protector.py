"""Protects the views of a Flask application that runs beside the server, by one decorator (RFC 6750)."""

from datetime import UTC, datetime
from typing import Any, NoReturn

from authlib.integrations.flask_oauth2 import ResourceProtector as AuthlibResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6750 import BearerTokenValidator, InsufficientScopeError, InvalidTokenError
from flask import Response, abort

from crm_oauth.compat.php_json import dumps
from crm_oauth.oauth.access_tokens import AccessToken, AccessTokenValidator
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.settings import Settings
from crm_oauth.store.db import Database
from crm_oauth.store.sharing import Sharing
from crm_oauth.store.user_stores import user_store


class ResourceProtector(AuthlibResourceProtector):
    """Authlib's decorator over our tokens: `@require_oauth()`, or with scopes `@require_oauth("standard:read")`.

    Within the view `authlib.integrations.flask_oauth2.current_token` is the `AccessToken`, checked against the
    database at each request: a token that was revoked is refused at once.

    Args:
        settings: name the keys and the database; None reads the environment.

    Raises:
        StartupError: when they cannot be used.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        settings = settings or Settings.load()
        validator = AccessTokenValidator(KeyRing(settings.private_key, settings.public_key))
        url = settings.database_url.get_secret_value()
        users, sharing = user_store(settings), Sharing.of(settings)
        database = Database(url, pool_size=settings.threads, users=users, sharing=sharing)
        self.register_token_validator(_DatabaseValidator(validator, database))

    def raise_error_response(self, error: OAuth2Error) -> NoReturn:
        """Refuse the request with RFC 6750's answer, which no error handler of the application can swallow."""
        body = dumps(dict(error.get_body()))
        abort(Response(body, error.status_code, error.get_headers()))


class _DatabaseValidator(BearerTokenValidator):
    def __init__(self, validator: AccessTokenValidator, database: Database) -> None:
        super().__init__()
        self._validator = validator
        self._database = database

    def authenticate_token(self, token_string: str) -> AccessToken | None:
        try:
            with self._database.unit_of_work() as stores:
                return self._validator.validate(token_string, stores.tokens, datetime.now(UTC))
        except OAuthFault:
            return None

    def validate_token(self, token: AccessToken | None, scopes: list[str] | None, request: Any) -> None:  # noqa: ANN401, ARG002  # Authlib's signature
        if token is None:
            raise InvalidTokenError
        if self.scope_insufficient(token.scopes, scopes):  # type: ignore[no-untyped-call]  # typeshed
            raise InsufficientScopeError
