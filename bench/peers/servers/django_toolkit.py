"""django-oauth-toolkit: opaque tokens, by Django's ORM. Run it once to make its tables and clients.

Hashing as it ships: client secrets and passwords by Django's first hasher, PBKDF2-HMAC-SHA256. It can also keep an
application's secret in plain, which `plain` and `password` do here. No middleware, and connections are kept.
"""

import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

settings.configure(
    SECRET_KEY="a benchmark signs nothing with it",  # noqa: S106  # as it says
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    MIDDLEWARE=[],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PGHOST"],
            "USER": os.environ["PGUSER"],
            "NAME": os.environ["PGDATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

# Only now: these read the settings.
from django.contrib.auth.models import User  # noqa: E402  # as said
from oauth2_provider.decorators import protected_resource  # noqa: E402  # as said
from oauth2_provider.models import Application  # noqa: E402  # as said


@protected_resource()
def check(_request: HttpRequest) -> HttpResponse:
    """Answer whoever has a token."""
    return HttpResponse(status=204)


urlpatterns = [path("o/", include("oauth2_provider.urls")), path("check", check)]
application = get_wsgi_application()


def prepare() -> None:
    """Make the tables, the user and the clients; an application has a single grant."""
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("bench", password="bench")  # noqa: S106  # a benchmark's
    for name, grant, hashed in (
        ("bench", "client-credentials", True),
        ("plain", "client-credentials", False),
        ("password", "password", False),
    ):
        Application.objects.create(
            client_id=name,
            client_secret="secret",  # noqa: S106  # a benchmark's
            client_type="confidential",
            authorization_grant_type=grant,
            hash_client_secret=hashed,
            user=user,
        )


if __name__ == "__main__":
    prepare()
