"""`crm-oauth serve`: the server itself."""

import os
import sys
from collections.abc import Iterable

import click

from crm_oauth.cli.checks import Finding, examine
from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX
from crm_oauth.shipped import shipped


@click.command()
@click.option("--bind", metavar="HOST:PORT", help="Where to listen; also unix:PATH.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads of each process.")
def serve(**options: str | int | None) -> None:
    """Serve with gunicorn; tells every fault at once if it cannot.

    The options prevail over the settings of their names.
    """
    for name, value in options.items():
        if value is not None:
            os.environ[PREFIX + name.upper()] = str(value)
    findings = list(examine())
    if faults := _faults(findings):
        raise StartupError(faults)
    for finding in findings:
        if finding.result == "warning":
            click.echo(f"warning: {finding.detail}", err=True)
    # Here and not above: at its import gunicorn learns where it is.
    from crm_oauth.cli.gunicorn_server import GunicornServer  # noqa: PLC0415  # as said

    # In this process, for what it has imported its workers need not import again. gunicorn wants an application named;
    # its workers get GunicornServer's.
    sys.argv = ["gunicorn", "--config", str(shipped("config") / "gunicorn.py"), "app:create_app()"]
    GunicornServer(lambda: _faults(examine())).run()


def _faults(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.detail for finding in findings if finding.result == "fault"))
