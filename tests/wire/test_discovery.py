"""The server tells about itself (RFC 8414) and its keys (RFC 7517), and all of it is true."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.support.site import Site
from tests.wire.exchange import TOKEN_PATH, claims_of, post_json, send
from tests.wire.sessions import CC_CLIENT, PW_CLIENT, introspect, revoke, sign_in

METADATA = "/.well-known/oauth-authorization-server"
GRANTS: dict[str, dict[str, str]] = {
    "password": PW_CLIENT | {"username": "admin", "password": "admin-pw"},
    "client_credentials": CC_CLIENT,
    "refresh_token": PW_CLIENT,
    "authorization_code": PW_CLIENT,
    "implicit": PW_CLIENT,
}
ANY_REGISTRY = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)


@pytest.fixture
def metadata(site: Site) -> dict[str, Any]:
    """The document."""
    answer = send(site.url, "GET", METADATA, {}, None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return answer.document


def test_metadata_is_valid(site: Site, metadata: dict[str, Any]) -> None:
    """Authlib finds nothing wrong with it, and the issuer is the address that was asked."""
    AuthorizationServerMetadata(metadata).validate()
    assert metadata["issuer"] == site.url
    assert metadata["token_endpoint"] == site.url + TOKEN_PATH


def test_endpoints_exist(site: Site, metadata: dict[str, Any]) -> None:
    """Every address in it is there, and there is no endpoint for authorization."""
    assert "authorization_endpoint" not in metadata
    for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        assert post_json(site.url, metadata[name].removeprefix(site.url), {}).status == 400
    assert send(site.url, "GET", metadata["jwks_uri"].removeprefix(site.url), {}, None).status == 200


def test_grants_are_on(site: Site, metadata: dict[str, Any]) -> None:
    """The grants in it are on, and no other is."""
    on = set()
    for grant, sent in GRANTS.items():
        answer = post_json(site.url, TOKEN_PATH, sent | {"grant_type": grant})
        if answer.document.get("error") != "unsupported_grant_type":
            on.add(grant)
    assert set(metadata["grant_types_supported"]) == on


def test_scopes_are_granted(site: Site, metadata: dict[str, Any]) -> None:
    """All scopes in it are granted at once, and another is not."""
    sent = GRANTS["password"] | {"grant_type": "password"}
    known = metadata["scopes_supported"]
    granted = post_json(site.url, TOKEN_PATH, sent | {"scope": " ".join(known)}).document
    assert claims_of(granted["access_token"])["scopes"] == known
    assert post_json(site.url, TOKEN_PATH, sent | {"scope": "foo"}).document["error"] == "invalid_scope"


def test_methods_of_authentication(site: Site, metadata: dict[str, Any]) -> None:
    """Clients authenticate as it says: by header, by body, and without a secret only where it says so."""
    token = sign_in(site).access_token
    basic = {"Authorization": "Basic " + b64encode(b"pw-client:pw-secret").decode(), "Content-Type": "application/json"}
    public = {"client_id": "pub-client"}
    sent = {"grant_type": "password", "username": "admin", "password": "admin-pw"}
    works = {
        "token_endpoint": post_json(site.url, TOKEN_PATH, public | sent).status == 200,
        "introspection_endpoint": introspect(site, token, public).status == 200,
        "revocation_endpoint": revoke(site, "x", public).status == 200,
    }
    for endpoint, without_secret in works.items():
        methods = metadata[f"{endpoint}_auth_methods_supported"]
        assert set(methods) - {"none"} == {"client_secret_basic", "client_secret_post"}
        assert ("none" in methods) is without_secret
        path = metadata[endpoint].removeprefix(site.url)
        assert send(site.url, "POST", path, basic, b'{"token":"x"}').document.get("error") != "invalid_client"


def test_published_key_verifies(site: Site) -> None:
    """An access token verifies by the published key alone, whose name is its RFC 7638 thumbprint."""
    answer = send(site.url, "GET", "/.well-known/jwks.json", {}, None)
    assert "max-age" in answer.headers["cache-control"]
    [published] = answer.document["keys"]
    assert set(published) == {"kty", "n", "e", "kid", "use", "alg"}, "a private part is published"
    key = RSAKey.import_key(published)
    assert key.thumbprint() == published["kid"]
    assert jws.deserialize_compact(sign_in(site).access_token, key, registry=ANY_REGISTRY).payload


def test_public_url(tmp_path: Path) -> None:
    """An address that the operator sets is the issuer, without a slash at its end, however the server is reached."""
    with Site(tmp_path, "7.14", settings={"PUBLIC_URL": "https://crm.example.com/crm/"}) as site:
        document = send(site.url, "GET", METADATA, {"X-Forwarded-Host": "evil.example"}, None).document
    AuthorizationServerMetadata(document).validate()
    assert document["issuer"] == "https://crm.example.com/crm"
    assert document["token_endpoint"] == "https://crm.example.com/crm/Api/access_token"
    assert "127.0.0.1" not in str(document)


def test_forwarded_headers_change_nothing(site: Site) -> None:
    """Whom no operator trusts cannot make the server call itself otherwise."""
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil"}
    assert "evil" not in send(site.url, "GET", METADATA, forged, None).body
