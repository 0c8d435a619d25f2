"""`crm-oauth doctor`: one line a check."""

from dataclasses import astuple

import click

from crm_oauth.cli.checks import examine
from crm_oauth.cli.output import json_option, show_table


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check settings, profile, keys, permissions and database: exit status 1 on a fault."""
    findings = list(examine())
    if as_json:
        show_table(("check", "result", "detail"), map(astuple, findings), as_json=True)
    else:
        for finding in findings:
            click.echo(f"{finding.result:7}  {finding.check}: {finding.detail}")
    ctx.exit(any(finding.result == "fault" for finding in findings))
