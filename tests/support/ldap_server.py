"""OpenLDAP servers to throw away, with a few people in them; they listen on this machine only."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.certificates import issue_certificates
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.programs import require_program

BASE = "dc=example,dc=org"
PEOPLE = f"ou=people,{BASE}"
SEARCHER = f"cn=searcher,{BASE}"
SEARCHER_PASSWORD = "searcher-pässword"

_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
# As many servers do: any name without a password gets an anonymous session.
allow bind_anon_cred bind_anon_dn
database mdb
suffix "{base}"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{searcher}" read by * none
"""

_ENTRIES = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example

dn: {SEARCHER}
objectClass: person
sn: searcher
userPassword: {SEARCHER_PASSWORD}

dn: {PEOPLE}
objectClass: organizationalUnit

dn: ou=others,{BASE}
objectClass: organizationalUnit
"""

_PERSON = """
dn: uid={rdn},ou={unit},{base}
objectClass: inetOrgPerson
uid: {name}
cn: {name}
sn: {name}
userPassword: {password}
"""

# Name as a DN has it, name, unit.
_PEOPLE = (
    ("joe", "joe", "people"),
    ("josé", "josé", "people"),
    (r"O'Brien\, (Pat)*", "O'Brien, (Pat)*", "people"),
    ("twin", "twin", "people"),
    ("twin", "twin", "others"),
)


def password_of(name: str) -> str:
    """Return the password of a person in the directory."""
    return f"{name}'s pässword, 1"


class LdapServer:
    """A server of one's own, running from `start()` to `stop()`; `remove()` leaves nothing behind."""

    def __init__(self) -> None:
        slapd = require_program("slapd")
        self._folder = Path(tempfile.mkdtemp(prefix="crm-oauth-"))
        # Debian's AppArmor profile goes by the path, and would keep the original out of this folder.
        self._slapd = shutil.copy(slapd, self._folder / "slapd")
        self.ca_file, self.foreign_ca_file = issue_certificates(self._folder)
        port = free_port()
        self.url = f"ldap://127.0.0.1:{port}"
        self.tls_url = f"ldaps://127.0.0.1:{free_port()}"
        command = [self._slapd, "-f", self._folder / "slapd.conf", "-h", f"{self.url} {self.tls_url}", "-d", "0"]
        self._daemon = Daemon(command, port, self._folder / "log")
        self._fill()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._daemon.start()

    def stop(self) -> None:
        """Stop the server."""
        self._daemon.stop()

    def remove(self) -> None:
        """Stop the server and delete all that it kept."""
        self.stop()
        shutil.rmtree(self._folder)

    def _fill(self) -> None:
        (self._folder / "data").mkdir()
        configuration = self._folder / "slapd.conf"
        configuration.write_text(_CONFIGURATION.format(folder=self._folder, base=BASE, searcher=SEARCHER))
        people = [
            _PERSON.format(rdn=rdn, name=name, unit=unit, base=BASE, password=password_of(name))
            for rdn, name, unit in _PEOPLE
        ]
        # slapadd is slapd by another name.
        slapadd = self._folder / "slapadd"
        os.link(self._slapd, slapadd)
        subprocess.run([slapadd, "-q", "-f", configuration], input=(_ENTRIES + "".join(people)).encode(), check=True)
