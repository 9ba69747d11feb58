"""All thresholds of the rules in one table, from diagnoses.md: times can be scaled for tests, counts stay."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

_SCALED = ("_ms", "_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Fields that end in `_ms` are milliseconds, in `_s` seconds; all others are counts, shares or bytes."""

    scale: float = 1.0
    """What every time was multiplied with; the table of timeouts is matched on the same scale."""

    # Of all groups
    arrival_gap_ms: float = 5.0
    """Chunks closer together arrived as one group (not scaled below: it is a property of sockets)."""
    sleep_jump_s: float = 5.0
    """Wall clock ahead of monotonic clock by so much: the machine slept."""
    slow_loop_ms: float = 100.0

    # A delivery

    # B lifetime

    # C reconnect

    # D sessions

    # E addresses

    # F negotiation

    # G framing

    # H traffic

    # I progress

    # J schemas

    # K security

    # L measurement

    def scaled(self, factor: float) -> Thresholds:
        """The same table with every time `factor` as long."""
        times = {
            field.name: getattr(self, field.name) * factor
            for field in fields(self)
            if field.name.endswith(_SCALED) and field.name not in _UNSCALED
        }
        return replace(self, scale=self.scale * factor, **times)


_UNSCALED = frozenset({"arrival_gap_ms", "sleep_jump_s", "slow_loop_ms"})
"""What depends on sockets and machines and not on anybody's timers."""
