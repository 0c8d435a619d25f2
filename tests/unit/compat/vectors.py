"""What real PHP and real SuiteCRM code made, recorded."""

import json
from pathlib import Path
from typing import Any

_DIRECTORY = Path(__file__).parents[2] / "vectors"


def load(name: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return the recorded file of that name."""
    return json.loads((_DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
