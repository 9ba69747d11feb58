"""Rules about the measurement itself, load, and our own side."""

from __future__ import annotations

from inspector.diagnose.rule import Rule
from inspector.diagnose.rules import measurement_clocks, measurement_disconnect, measurement_latency, measurement_load

RULES: tuple[Rule, ...] = (
    *measurement_clocks.RULES,
    *measurement_latency.RULES,
    *measurement_load.RULES,
    *measurement_disconnect.RULES,
)
