"""Faults of authorization, TLS, secrets and CORS."""

from __future__ import annotations

from inspector.servers.faults import security_auth, security_browsers, security_secrets, security_tls
from inspector.servers.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *security_auth.FAULTS,
    *security_tls.FAULTS,
    *security_secrets.FAULTS,
    *security_browsers.FAULTS,
)
