"""The peers' own packages, in a folder that is thrown away: from PyPI into a virtual environment, and from npm."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

_SERVERS = Path(__file__).with_name("servers")
_PYPI = [
    "django-oauth-toolkit~=3.0",
    "authlib~=1.5",
    "flask-sqlalchemy~=3.1",
    "joserfc~=1.0",
    "gunicorn",
    "psycopg[binary]~=3.2",
]
_NPM = {
    "oidc-provider": "^9.0.0",
    "@node-oauth/oauth2-server": "^5.0.0",
    "express": "^5.0.0",
    "bcrypt": "^6.0.0",
    "pg": "^8.0.0",
}
_TOLD = ("django-oauth-toolkit", "Django", "Authlib", "Flask-SQLAlchemy", "SQLAlchemy", "gunicorn", "psycopg")


class Packages:
    """What the peers run on.

    Args:
        folder: where everything is installed, unless it is there already; the peers' own lines are copied there too.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv/bin/python"

    def install(self) -> None:
        """Fetch what is missing, and the present servers."""
        shutil.copytree(_SERVERS, self.folder, dirs_exist_ok=True)
        if not self.python.exists():
            self._run(sys.executable, "-m", "venv", str(self.folder / "venv"))
            self._run(str(self.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *_PYPI)
        if not (self.folder / "node_modules").exists():
            (self.folder / "package.json").write_text(json.dumps({"private": True, "dependencies": _NPM}))
            self._run("npm", "install", "--silent", "--no-fund", "--no-audit")

    def versions(self) -> list[str]:
        """Return what was installed, each with its version."""
        pip = [str(self.python), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
        listed = json.loads(subprocess.run(pip, capture_output=True, check=True).stdout)
        python = {each["name"].lower(): each["version"] for each in listed}
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        return [
            *(f"{name} {python[name.lower()]}" for name in _TOLD),
            f"node {node.removeprefix('v')}",
            *(f"{name} {self._npm_version(name)}" for name in _NPM),
        ]

    def _npm_version(self, name: str) -> str:
        return str(json.loads((self.folder / "node_modules" / name / "package.json").read_text())["version"])

    def _run(self, *command: str) -> None:
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
