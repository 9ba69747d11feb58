"""The fault gallery: the tables of all groups in one."""

from __future__ import annotations

from collections.abc import Mapping

from inspector.servers.faults import (
    address,
    clients,
    delivery,
    framing,
    lifetime,
    measurement,
    negotiation,
    progress,
    reconnect,
    schemas,
    security,
    sessions,
    tool_stream,
    traffic,
)
from inspector.servers.faults.fault import Fault

GROUPS: Mapping[str, tuple[Fault, ...]] = {
    "Delivery: buffering, compression, caching": delivery.FAULTS,
    "Idle, lifetime, heartbeat": lifetime.FAULTS,
    "Reconnect, resume, teardown": reconnect.FAULTS,
    "Sessions, stickiness, capacity": sessions.FAULTS,
    "URL, endpoint event, host, redirects": address.FAULTS,
    "HTTP negotiation": negotiation.FAULTS,
    "SSE framing": framing.FAULTS,
    "JSON-RPC traffic": traffic.FAULTS,
    "Progress, subscriptions": progress.FAULTS,
    "Tools and schemas": schemas.FAULTS,
    "Authorization, TLS, secrets, CORS": security.FAULTS,
    "Measurement, load, our own side": measurement.FAULTS,
    "Tool streams": tool_stream.FAULTS,
    "What other clients see": clients.FAULTS,
}
"""The faults of each group, under the titles that the diagnosis gives them."""

ALL: Mapping[str, Fault] = {fault.rule: fault for table in GROUPS.values() for fault in table}
"""Every fault by the rule that it breaks."""
