"""Headers that a version puts on every answer of its API, whoever answers."""

from flask import Flask, Response, request

from crm_oauth.profiles import Profile

_BELOW = ("/Api/", "/legacy/Api/")


def install_endpoint_headers(app: Flask, profile: Profile) -> None:
    """Add the profile's headers to every answer of the API's paths, errors and unknown paths below its roots included.

    Args:
        app: the application.
        profile: names the headers and the token endpoint's paths.
    """
    paths = frozenset(profile.endpoint.paths)

    def add_headers(response: Response) -> Response:
        if request.path in paths or request.path.startswith(_BELOW):
            response.headers.extend(profile.endpoint.headers)
        return response

    app.after_request(add_headers)
