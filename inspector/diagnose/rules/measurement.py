"""Rules about the measurement itself, load, and our own side."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
