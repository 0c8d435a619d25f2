"""Real PHP as the judge."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.programs import require_program


def run(script: str, *inputs: object) -> Any:  # noqa: ANN401 - JSON of any shape
    """Run PHP code in which `$inputs` holds the inputs, and return the JSON that it prints."""
    code = f"$inputs = json_decode(stream_get_contents(STDIN), true); {script}"
    done = subprocess.run(
        [require_program("php"), "-r", code], input=json.dumps(inputs), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def include(name: str, *inputs: object) -> Any:  # noqa: ANN401 - JSON of any shape
    """Run the PHP file of that name beside this one, as `run` does."""
    return run(f"require {str(Path(__file__).with_name(name))!r};", *inputs)
