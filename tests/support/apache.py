"""Apache as Debian starts it, with lines of one's own, in a folder of its own."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.support.accounts import service_account
from tests.support.daemon import Daemon
from tests.support.front_end import CONFIG
from tests.support.programs import require_file, require_program

_MODULES = Path("/usr/lib/apache2/modules")
# Those that Debian enables at installation, as far as they matter here.
_ENABLED = ("mpm_event", "authz_core", "alias", "dir", "env", "mime", "filter", "setenvif", "reqtimeout")

_PACKAGES = {"wsgi": "libapache2-mod-wsgi-py3"}

_MAIN = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
Mutex file:{folder}
TypesConfig /dev/null
User {account}
Group {group}
{modules}
<IfModule mod_wsgi.c>
    WSGISocketPrefix {folder}/wsgi
</IfModule>
{lines}
"""


def apache(folder: Path, port: int, lines: str, modules: Iterable[str]) -> Daemon:
    """Return an Apache that can be started.

    Args:
        folder: for its files.
        port: where the lines have it listen.
        lines: of its configuration.
        modules: their names, besides those that Debian enables.
    """
    program = require_program("apache2")
    account, group = service_account()
    names = dict.fromkeys((*_ENABLED, *modules))
    files = {
        name: require_file(_MODULES / f"mod_{name}.so", package=_PACKAGES.get(name, "apache2-bin")) for name in names
    }
    loads = "\n".join(f"LoadModule {name}_module {file}" for name, file in files.items())
    configuration = folder / "apache2.conf"
    configuration.write_text(_MAIN.format(folder=folder, account=account, group=group, modules=loads, lines=lines))
    return Daemon([program, "-D", "FOREGROUND", "-f", configuration], port, folder / "error.log")


def modules_of(name: str) -> list[str]:
    """Return the modules that a shipped file tells its reader to enable, with those that they need in turn."""
    [line] = re.findall(r"a2enmod (.*) &&", (CONFIG / name).read_text())
    return [needed for module in line.split() for needed in (*_NEEDS.get(module, ()), module)]


# As in Debian's /etc/apache2/mods-available/*.load.
_NEEDS = {"proxy_http": ("proxy",), "ssl": ("socache_shmcb",)}
