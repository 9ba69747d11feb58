"""Rules about reconnecting, resuming and teardown."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
