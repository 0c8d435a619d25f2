"""Lets `python -m crm_oauth.cli` do what `crm-oauth` does."""

from crm_oauth.cli.program import main

main(prog_name="crm-oauth")
