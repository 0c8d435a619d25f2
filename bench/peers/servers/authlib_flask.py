"""Authlib in the shape of its own Flask example: Flask-SQLAlchemy, its mixins' tables, RS256 JWTs by RFC 9068, stored.

Hashing as it ships: it compares client secrets in plain, and leaves passwords to the program; Werkzeug, which ships
with Flask, hashes them by scrypt. Run it once to make its tables and its client.
"""

import os
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.integrations.sqla_oauth2 import (
    OAuth2ClientMixin,
    OAuth2TokenMixin,
    create_bearer_token_validator,
    create_query_client_func,
    create_save_token_func,
)
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, Response
from flask_sqlalchemy import SQLAlchemy
from joserfc.jwk import RSAKey
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.config.update(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://")
db = SQLAlchemy(app)


class User(db.Model):
    """A user."""

    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(40), unique=True)
    password = db.Column(db.String(255))

    def get_user_id(self) -> int:
        """Return the id, as Authlib asks for it."""
        return self.id


class Client(db.Model, OAuth2ClientMixin):
    """A client."""

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))


class Token(db.Model, OAuth2TokenMixin):
    """A token; the mixin's column is too short for a JWT."""

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    access_token = db.Column(db.Text, unique=True, nullable=False)
    user = db.relationship("User")


class ClientCredentials(grants.ClientCredentialsGrant):
    """Takes the secret from the form."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    """The same, with a user."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)

    def authenticate_user(self, username: str, password: str) -> User | None:
        """Find the user whose password it is."""
        user = User.query.filter_by(username=username).first()
        return user if user and check_password_hash(user.password, password) else None


class RefreshToken(grants.RefreshTokenGrant):
    """Each refresh token works once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        """Find a token that can be refreshed."""
        token = Token.query.filter_by(refresh_token=refresh_token).first()
        return token if token and not token.is_revoked() else None

    def authenticate_user(self, refresh_token: Token) -> User:
        """Find its user."""
        return refresh_token.user

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """Use it up."""
        refresh_token.refresh_token_revoked_at = refresh_token.access_token_revoked_at = 1
        db.session.commit()


class TokenGenerator(JWTBearerTokenGenerator):
    """Signs with RSA of 2048 bits."""

    _key = RSAKey.import_key(Path(os.environ["KEY_FILE"]).read_text(encoding="ascii"))

    def get_jwks(self) -> RSAKey:
        """Return the key, which was read once."""
        return self._key

    def get_audiences(self, *_: Any) -> str:  # noqa: ANN401  # Authlib's client, user and scope
        """Return whom the tokens are for."""
        return "bench"


def _new_refresh_token(**_: object) -> str:
    return token_urlsafe(32)


find_client, save_token = create_query_client_func(db.session, Client), create_save_token_func(db.session, Token)
server = AuthorizationServer(app, find_client, save_token)
server.register_token_generator(
    "default", TokenGenerator("http://127.0.0.1", refresh_token_generator=_new_refresh_token)
)
for grant in (ClientCredentials, Password, RefreshToken):
    server.register_grant(grant)
require_token = ResourceProtector()
require_token.register_token_validator(create_bearer_token_validator(db.session, Token)())


@app.post("/token")
def token() -> Response:
    """Issue a token."""
    return server.create_token_response()


@app.get("/check")
@require_token()
def check() -> tuple[str, int]:
    """Answer whoever has a token."""
    return "", 204


def prepare() -> None:
    """Make the tables, the user and the client."""
    with app.app_context():
        db.create_all()
        user = User(username="bench", password=generate_password_hash("bench"))
        client = Client(client_id="bench", client_secret="secret", client_id_issued_at=0)  # noqa: S106  # a benchmark's
        granted = ["client_credentials", "password", "refresh_token"]
        client.set_client_metadata({"grant_types": granted, "token_endpoint_auth_method": "client_secret_post"})
        db.session.add_all([user, client])
        db.session.commit()


if __name__ == "__main__":
    prepare()
