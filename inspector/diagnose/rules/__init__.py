"""The rules of the diagnosis: one table per group, registered here once."""

from __future__ import annotations

from collections.abc import Mapping

from inspector.diagnose.rule import Rule
from inspector.diagnose.rules import (
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

_TABLES = (
    delivery.RULES,
    lifetime.RULES,
    reconnect.RULES,
    sessions.RULES,
    address.RULES,
    negotiation.RULES,
    framing.RULES,
    traffic.RULES,
    progress.RULES,
    schemas.RULES,
    security.RULES,
    measurement.RULES,
    tool_stream.RULES,
    clients.RULES,
)

ALL: Mapping[str, Rule] = {rule.id: rule for table in _TABLES for rule in table}
"""Every rule by its id, in the order of the groups."""
