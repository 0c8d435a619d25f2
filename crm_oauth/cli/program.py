"""The `crm-oauth` command: its parts, and how a fault ends it."""

import click

from crm_oauth.cli.audit import audit
from crm_oauth.cli.clients import clients
from crm_oauth.cli.config import config
from crm_oauth.cli.database import reason
from crm_oauth.cli.db import db
from crm_oauth.cli.doctor import doctor
from crm_oauth.cli.imports import import_rows
from crm_oauth.cli.init import init
from crm_oauth.cli.keys import keys
from crm_oauth.cli.profile import profile
from crm_oauth.cli.serve import serve
from crm_oauth.cli.tokens import tokens
from crm_oauth.cli.users import users
from crm_oauth.faults import StartupError
from crm_oauth.store.db import DatabaseUnavailable, UnfitTextError


class _Program(click.Group):
    """Tells each foreseeable fault in a line of its own and ends with status 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except StartupError as error:
            faults = error.faults
        except DatabaseUnavailable as error:
            faults = (reason(error),)
        except UnfitTextError as error:
            faults = (f"The database cannot hold this text: {error}",)
        except UnicodeEncodeError as error:
            if error.reason != "surrogates not allowed":  # which is how Python keeps bytes that are no text
                raise
            faults = ("An argument or a setting is not UTF-8 text.",)
        except BrokenPipeError:  # the reader has seen enough: click ends quietly
            raise
        except OSError as error:
            faults = (str(error),)
        for fault in faults:
            click.echo(fault, err=True)
        return ctx.exit(1)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crm-oauth")
def main() -> None:
    """OAuth 2 authorization server that takes the place of SuiteCRM's own.

    Settings come from the environment (CRM_OAUTH_...) and from .env in the working directory. Exit status: 0 good,
    1 a fault, 2 wrong usage.
    """


for command in (init, serve, doctor, clients, users, tokens, keys, profile, db, import_rows, audit, config):
    main.add_command(command)
