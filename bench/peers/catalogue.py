"""The peers: how each is prepared and served, what is asked of it, and what to know about its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.subjects import CLIENT, THREADS, USER, WORKERS

ACCESS_TOKEN, REFRESH_TOKEN = "ACCESS_TOKEN", "REFRESH_TOKEN"  # what stands for one


@dataclass(frozen=True)
class Asked:
    """A request to a peer.

    Args:
        path: of the endpoint.
        form: its body; without one it is a GET with an access token.
        after: the request whose answer has the token that is needed.
        stored: whether the peer keeps a row for each token that it answers with; None where it issues none.
    """

    path: str
    form: Mapping[str, str] | None = None
    after: "Asked | None" = None
    stored: bool | None = True


@dataclass(frozen=True)
class Peer:
    """Another server.

    Args:
        name: as the table says it.
        prepares: command that makes its tables and rows; none where serving does.
        serves: command, which listens on 127.0.0.1 at the port of its environment's `PORT`.
        tokens: its table of tokens.
        requests: by the name of the path.
        about: its tokens and its hashing, in a sentence.
        environment: what it needs further.
    """

    name: str
    prepares: Sequence[str]
    serves: Sequence[str]
    tokens: str
    requests: Mapping[str, Asked]
    about: str
    environment: Mapping[str, str] = field(default_factory=dict)


_GUNICORN = ("python", "-m", "gunicorn", f"--workers={WORKERS}", f"--threads={THREADS}", "--bind=127.0.0.1:PORT")
_CLUSTER = ("node", "cluster.mjs")


def _grants(path: str, check: str, client: dict[str, str]) -> dict[str, Asked]:
    password = Asked(path, client | {"grant_type": "password"} | USER)
    return {
        "client_credentials": Asked(path, client | {"grant_type": "client_credentials"}),
        "refresh_token": Asked(
            path, client | {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}, password
        ),
        "password": password,
        "check": Asked(check, after=password, stored=None),
    }


def _toolkit() -> dict[str, Asked]:
    one = _grants("/o/token/", "/check", CLIENT | {"client_id": "password"})
    hashed = Asked("/o/token/", CLIENT | {"grant_type": "client_credentials"})
    plain = Asked("/o/token/", CLIENT | {"grant_type": "client_credentials", "client_id": "plain"})
    return one | {"client_credentials": hashed, "client_credentials, secret in plain": plain}


def _oidc() -> dict[str, Asked]:
    opaque = Asked("/token", CLIENT | {"grant_type": "client_credentials"})
    signed = Asked("/token", {**(opaque.form or {}), "resource": "urn:bench"}, stored=False)
    refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
    return {
        "client_credentials": opaque,
        "client_credentials, RS256": signed,
        "refresh_token": Asked("/token", refresh, Asked("/refreshable", {})),
        "check": Asked("/token/introspection", CLIENT | {"token": ACCESS_TOKEN}, opaque, stored=None),
    }


PEERS = (
    Peer(
        "django-oauth-toolkit",
        ("python", "django_toolkit.py"),
        (*_GUNICORN, "django_toolkit"),
        "oauth2_provider_accesstoken",
        _toolkit(),
        "Opaque tokens. Client secrets and passwords by Django's PBKDF2, as it ships; refresh and password with a"
        " client whose secret is kept in plain, which it also can.",
    ),
    Peer(
        "Authlib, Flask example",
        ("python", "authlib_flask.py"),
        (*_GUNICORN, "authlib_flask:app"),
        "token",
        _grants("/token", "/check", CLIENT),
        "RS256 JWTs. Client secrets in plain, as it ships; passwords by Werkzeug's scrypt, for it ships none.",
    ),
    Peer(
        "oidc-provider",
        (),
        (*_CLUSTER, "oidc_provider", str(WORKERS)),
        "models",
        _oidc(),
        "Opaque tokens; RS256 JWTs it does not store. The client is in its configuration, the secret in plain, as it"
        " ships. No password grant. The check is its introspection.",
    ),
    *(
        Peer(
            f"@node-oauth/oauth2-server, {kind}",
            (),
            (*_CLUSTER, "oauth2_server", str(WORKERS)),
            "tokens",
            _grants("/token", "/check", CLIENT),
            f"{about} Client secrets in plain, as its documentation's model compares them; passwords by bcrypt with"
            " 2^10 rounds, for it ships no hashing.",
            {"TOKENS": kind},
        )
        for kind, about in (("opaque", "Opaque tokens."), ("RS256", "RS256 JWTs, signed by the model."))
    ),
)
