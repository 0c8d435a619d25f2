"""The systemd units that ship."""

import subprocess
import sys
from pathlib import Path

from tests.support.programs import require_program

CONFIG = Path(__file__).parents[2] / "config"
SHIPPED = "/opt/crm-oauth/.venv/bin/crm-oauth"


def test_systemd_takes_the_purge_units(tmp_path: Path) -> None:
    """The units pass the check of systemd itself, and the service calls a command that there is."""
    verify = require_program("systemd-analyze")
    script = Path(sys.executable).with_name("crm-oauth")
    service = (CONFIG / "crm-oauth-purge.service").read_text()
    assert service.count(SHIPPED) == 1
    units = [tmp_path / "crm-oauth-purge.service", tmp_path / "crm-oauth-purge.timer"]
    units[0].write_text(service.replace(SHIPPED, str(script)))
    units[1].write_text((CONFIG / "crm-oauth-purge.timer").read_text())
    told = subprocess.run([verify, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "crm-oauth-purge" not in told.stderr
    [command] = [line.split()[1:] for line in service.splitlines() if line.startswith("ExecStart=")]
    asked = subprocess.run([script, *command, "--help"], capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
