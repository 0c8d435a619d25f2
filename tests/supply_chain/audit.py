"""`make audit`: is there a known vulnerability in anything that the lock file pins?

pip-audit alone calls it good when it could find out nothing at all. Here what was not audited is told, loudly; only
findings are a failure, for a network that is away says nothing about us.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[2] / "requirements.lock"


def verdict(report: Mapping[str, Any] | None) -> tuple[Sequence[str], int]:
    """Judge a report.

    Args:
        report: pip-audit's, as JSON; None when it made none.

    Returns:
        Lines to print, and the exit status: 1 for findings.
    """
    if report is None:
        return ["NOT AUDITED: the service that knows vulnerabilities is out of reach."], 0
    packages = report["dependencies"]
    found = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package in packages
        for fault in package.get("vulns", ())
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    lines = list(found)
    if skipped:
        lines.append(f"NOT AUDITED: {len(skipped)} of {len(packages)} packages, which the service does not know.")
    if not found:
        lines.append(f"Nothing known against {len(packages) - len(skipped)} of {len(packages)} packages.")
    return lines, 1 if found else 0


def main() -> int:
    """Run pip-audit and tell what it found."""
    program = Path(sys.executable).with_name("pip-audit")
    options = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")
    ended = subprocess.run(
        [program, "--requirement", LOCK, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    lines, status = verdict(json.loads(ended.stdout) if ended.stdout.strip() else None)
    sys.stdout.write("\n".join(lines) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
