"""Reads secrets, which are never arguments: every user of a machine sees those."""

import sys

import click


def read_secret(what: str, *, from_stdin: bool, new: bool = True) -> str:
    """Ask for a secret on a terminal, twice for a new one, else read standard input, less one newline at its end.

    Args:
        what: "secret" or "password".
        from_stdin: whether the option `--WHAT-stdin` was given.
        new: whether it is about to be set, so that a typing error would lock somebody out.

    Raises:
        click.UsageError: there is neither a terminal nor that option.
        click.ClickException: what was read is empty, or is not one line of UTF-8.
    """
    if sys.stdin.isatty():
        secret: str = click.prompt(what.capitalize(), hide_input=True, confirmation_prompt=new)
        return secret
    if not from_stdin:
        raise click.UsageError(f"There is no terminal to ask for the {what}; pipe it in and add --{what}-stdin.")
    try:
        secret = sys.stdin.buffer.read().decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise click.ClickException(f"The {what} is not UTF-8.") from None
    if not secret or any(mark in secret for mark in "\r\n\0"):
        raise click.ClickException(f"The {what} must be one line that is not empty.")
    return secret
