"""The command line: `crm-oauth`, a small module for each group of commands."""

from crm_oauth.cli.program import main

__all__ = ["main"]
