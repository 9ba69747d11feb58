"""Certificates of the gallery: an authority of its own, made anew each time, and what can be wrong with a leaf."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from inspector.servers.faults.behaviour import Ground

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as a file has it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


class Authority:
    """Signs what the gallery serves with; `pem` is what a client has to trust."""

    def __init__(self) -> None:
        self._own = _issue("Fault gallery", None, is_authority=True)

    @property
    def pem(self) -> bytes:
        """The certificate of the authority."""
        return self._own.pem

    def context(self, ground: Ground) -> ssl.SSLContext:
        """The TLS settings of a port for this ground."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if ground is Ground.HTTP2:
            context.set_alpn_protocols(["h2"])
        _load(context, self._leaf(ground))
        return context

    def _leaf(self, ground: Ground) -> Pair:
        match ground:
            case Ground.TLS_SELF_SIGNED:
                return _issue("127.0.0.1", None)
            case Ground.TLS_EXPIRED:
                return _issue("127.0.0.1", self._own, until=-DAY)
            case Ground.TLS_SOON_EXPIRED:
                return _issue("127.0.0.1", self._own, until=5 * DAY)
            case Ground.TLS_WRONG_HOST:
                return _issue("elsewhere.example", self._own)
            case _:
                return _issue("127.0.0.1", self._own)


def _issue(name: str, issuer: Pair | None, *, until: timedelta = 90 * DAY, is_authority: bool = False) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * DAY)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(_names(name)), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _names(name: str) -> list[x509.GeneralName]:
    try:
        return [x509.IPAddress(ipaddress.ip_address(name)), x509.DNSName("localhost")]
    except ValueError:
        return [x509.DNSName(name)]


def _load(context: ssl.SSLContext, leaf: Pair) -> None:
    """OpenSSL takes the key from a file only, which lives no longer than that."""
    key = leaf.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leaf.pem"
        path.write_bytes(key + leaf.pem)
        context.load_cert_chain(path)
