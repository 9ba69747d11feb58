"""Faults of authorization, TLS, secrets and CORS."""

from __future__ import annotations

from inspector.servers.faults.fault import Fault

FAULTS: tuple[Fault, ...] = ()
