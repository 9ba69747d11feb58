"""Rules about sessions, stickiness and capacity."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
