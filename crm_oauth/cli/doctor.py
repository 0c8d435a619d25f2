"""`crm-oauth doctor`: one line a check."""

import re
from dataclasses import astuple

import click

from crm_oauth.cli.checks import examine
from crm_oauth.cli.front_checks import examine_front
from crm_oauth.cli.output import json_option, show_table

_WEB_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?(/[\w./~%-]*)?")
_PORTS = range(1, 65_536)


def _web_address(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        match = _WEB_ADDRESS.fullmatch(value)
        if not match or int(match["port"] or 443) not in _PORTS:
            raise click.BadParameter("not an address such as https://crm.example.com, with the folder if there is one")
    return value


@click.command()
@click.option(
    "--url", callback=_web_address, metavar="URL", help="Ask there too, as a client would: the public address."
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, url: str | None, as_json: bool) -> None:
    """Check settings, profile, keys, permissions and database: exit status 1 on a fault."""
    findings = [*examine(), *(examine_front(url) if url else ())]
    if as_json:
        show_table(("check", "result", "detail"), map(astuple, findings), as_json=True)
    else:
        for finding in findings:
            click.echo(f"{finding.result:7}  {finding.check}: {finding.detail}")
    ctx.exit(any(finding.result == "fault" for finding in findings))
