"""Faults of HTTP negotiation."""

from __future__ import annotations

from inspector.servers.faults.fault import Fault

FAULTS: tuple[Fault, ...] = ()
