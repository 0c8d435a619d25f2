"""Atheris looks for bytes that reach further into a reader of tokens: `python -m tests.fuzz TARGET`, then libFuzzer's.

`make fuzz` installs it for the purpose.
"""

import sys

import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

with atheris.instrument_imports(include=["crm_oauth", "json", "base64"]):
    from tests.fuzz.readers import TARGETS

if __name__ == "__main__":
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
