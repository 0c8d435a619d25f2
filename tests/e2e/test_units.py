"""The systemd units that ship."""

import re
import socket
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.support.programs import require_program
from tests.support.site import Site

CONFIG = Path(__file__).parents[2] / "config"
UNITS = sorted(path.name for path in CONFIG.glob("*.service")) + sorted(path.name for path in CONFIG.glob("*.timer"))
SERVICES = [name for name in UNITS if name.endswith(".service")]
SHIPPED = "/opt/crm-oauth/.venv/bin/crm-oauth"
SCRIPT = Path(sys.executable).with_name("crm-oauth")


def _service(name: str) -> dict[str, str]:
    """Return what a unit's service section says; of what it says twice the last."""
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names are told by case
    unit.read(CONFIG / name)
    return dict(unit["Service"])


@pytest.fixture
def units(tmp_path: Path) -> dict[str, Path]:
    """Every unit, with a command that there is on this machine."""
    for name in UNITS:
        (tmp_path / name).write_text((CONFIG / name).read_text().replace(SHIPPED, str(SCRIPT)))
    return {name: tmp_path / name for name in UNITS}


def test_systemd_takes_the_units(units: dict[str, Path]) -> None:
    """The units pass the check of systemd itself, without a word about them."""
    command: list[str | Path] = [require_program("systemd-analyze"), "verify", "--man=no", *units.values()]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "crm-oauth" not in told.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_services_call_commands_that_there_are(name: str) -> None:
    """Each service calls a command of ours, with options that it has."""
    command = _service(name)["ExecStart"].split()
    assert command[0] == SHIPPED
    asked = subprocess.run([SCRIPT, *command[1:], "--help"], capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize("timer", [name for name in UNITS if name.endswith(".timer")])
def test_timers_have_their_service(timer: str) -> None:
    """Each timer starts a service that ships, at times that systemd can read."""
    assert timer.replace(".timer", ".service") in SERVICES
    [times] = re.findall(r"^OnCalendar=(.*)$", (CONFIG / timer).read_text(), re.MULTILINE)
    calendar: list[str | Path] = [require_program("systemd-analyze"), "calendar", times]
    assert "Next elapse" in subprocess.run(calendar, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", SERVICES)
def test_the_sandbox_is_strict(units: dict[str, Path], name: str) -> None:
    """By systemd's own measure, from 10 (nothing is kept from it) to 0, each service scores below 2."""
    analyze: list[str | Path] = [require_program("systemd-analyze"), "security", "--offline=true", units[name]]
    told = subprocess.run(analyze, capture_output=True, text=True, check=False).stdout
    [score] = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert float(score) < 2, told


def test_the_server_tells_systemd_when_it_listens(tmp_path: Path) -> None:
    """The service is of type notify: its main process says READY, and by then it answers."""
    assert (_service("crm-oauth.service")["Type"], _service("crm-oauth.service")["NotifyAccess"]) == ("notify", "main")
    site = Site(tmp_path, "default")
    site.environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        systemd.bind(site.environment["NOTIFY_SOCKET"])
        systemd.settimeout(60)
        with site:
            told, [(_, _, credentials)], _, _ = systemd.recvmsg(1024, 1024)
            assert told.startswith(b"READY=1")
            assert int.from_bytes(credentials[:4], sys.byteorder) == site.pid
