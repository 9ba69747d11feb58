"""Faults of reconnecting, resuming and going away."""

from __future__ import annotations

from inspector.servers.faults.fault import Fault

FAULTS: tuple[Fault, ...] = ()
