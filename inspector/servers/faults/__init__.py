"""The fault gallery: a server that breaks in every way that a rule of the diagnosis knows, each beside its control."""

from inspector.servers.faults.server import FaultServer, serve_faults

__all__ = ["FaultServer", "serve_faults"]
