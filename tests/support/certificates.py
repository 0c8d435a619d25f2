"""Certificates for servers of tests."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_HOST = IPv4Address("127.0.0.1")


def issue_certificates(folder: Path) -> tuple[Path, Path]:
    """Write `server.pem` and `server.key` for the host 127.0.0.1.

    Returns:
        The certificate of the authority that issued them, and that of another authority.
    """
    authority, authority_key = _issue("authority", None)
    server, server_key = _issue("server", (authority, authority_key))
    (folder / "server.pem").write_bytes(server.public_bytes(Encoding.PEM))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    ours, foreign = folder / "authority.pem", folder / "foreign.pem"
    ours.write_bytes(authority.public_bytes(Encoding.PEM))
    foreign.write_bytes(_issue("another authority", None)[0].public_bytes(Encoding.PEM))
    return ours, foreign


def _issue(
    name: str, by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Issue a certificate for a host, or that of an authority when nobody issues it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, issuer_key = (by[0].subject, by[1]) if by else (subject, key)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(_HOST)]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return certificate, key
