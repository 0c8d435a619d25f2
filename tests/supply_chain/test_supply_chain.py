"""The audit tells what it found and what it could not, and the list of parts is whole."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.supply_chain.audit import LOCK, verdict

GOOD = {"name": "good", "version": "1", "vulns": []}
BAD = {"name": "bad", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status", "told"),
    [
        ([GOOD], 0, ["Nothing known against 1 of 1 packages."]),
        ([GOOD, BAD], 1, ["bad 2: CVE-1, mended in 3"]),
        ([GOOD, UNKNOWN], 0, ["NOT AUDITED: 1 of 2 packages", "Nothing known against 1 of 2 packages."]),
        ([UNKNOWN, BAD], 1, ["bad 2: CVE-1", "NOT AUDITED: 1 of 2 packages"]),
        (None, 0, ["NOT AUDITED: the service"]),
    ],
)
def test_only_findings_fail(packages: list[dict[str, Any]] | None, status: int, told: list[str]) -> None:
    """A known vulnerability fails the audit; what could not be looked up is told, and never called good."""
    lines, ended = verdict(None if packages is None else {"dependencies": packages})
    assert ended == status
    assert len(lines) == len(told)
    assert all(line.startswith(start) for line, start in zip(lines, told, strict=True))


def test_every_dependency_has_hashes() -> None:
    """Each pin of the lock file stands with the hashes of its files, and nothing in it is unpinned."""
    entries = [entry for entry in re.split(r"\n(?=\S)", LOCK.read_text()) if not entry.startswith("#")]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry


def test_the_list_of_parts_is_whole(tmp_path: Path) -> None:
    """The SBOM, valid CycloneDX, has every package that the lock file pins, and no address of anybody's registry."""
    made = tmp_path / "sbom.json"
    program = Path(sys.executable).with_name("cyclonedx-py")
    options = ("requirements", "--output-reproducible", "--short-PURLs", "--validate", "--output-file", made)
    subprocess.run([program, *options, LOCK], check=True, capture_output=True)
    listed = {part["name"] for part in json.loads(made.read_text())["components"]}
    pinned = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z]+\])?==", LOCK.read_text(), re.MULTILINE)
    assert listed == set(pinned)
