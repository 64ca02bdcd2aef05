"""The endpoint's certificate for TLS: self-signed, for this machine's own names, made at the first `up`."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
# As long as the local cloud may be kept; a certificate in its own trust store is bound by no browser's limit.
DAYS = 3650


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Two PEM files. `path` is what clients name as their root certificate; `key` is readable by its owner alone."""

    path: Path
    key: Path


def kept(folder: Path) -> Certificate:
    """The folder's certificate, made where there is none."""
    made = Certificate(path=folder / "server.crt", key=folder / "server.key")
    if not (made.path.exists() and made.key.exists()):
        certificate, key = create(now=dt.datetime.now(dt.timezone.utc))
        made.key.unlink(missing_ok=True)
        made.key.touch(mode=0o600)
        made.key.write_bytes(key)
        made.path.write_bytes(certificate)
    return made


def create(*, now: dt.datetime) -> tuple[bytes, bytes]:
    """A certificate and its key, in PEM.

    Python 3.13 verifies strictly (ssl.VERIFY_X509_STRICT): it wants the key's identifiers and, on what is its own
    authority, the right to sign certificates.
    """
    # Here and not above: `builder` imports this module for every command, and the package belongs to an extra.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    alternatives = [x509.DNSName(each) for each in NAMES]
    addresses = [x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES]
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        # A client's clock may be behind ours: containers and virtual machines often are.
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([*alternatives, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
