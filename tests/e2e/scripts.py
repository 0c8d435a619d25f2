"""The PHP scripts in the folder `php`, run as they are."""

from pathlib import Path
from typing import Any

from tests.unit.compat import php

FOLDER = Path(__file__).with_name("php")


def literal(text: object) -> str:
    """Write a text as PHP's single-quoted string."""
    return "'" + str(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def run(name: str, *inputs: object) -> Any:  # noqa: ANN401  # JSON of any shape
    """Run a script in which `$inputs` holds the inputs, and return the JSON that it prints."""
    return php.run(f"require {literal(FOLDER / name)};", *inputs)
