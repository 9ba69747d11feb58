"""Faults of URLs, the endpoint event, hosts and redirects."""

from __future__ import annotations

from inspector.servers.faults.fault import Fault

FAULTS: tuple[Fault, ...] = ()
