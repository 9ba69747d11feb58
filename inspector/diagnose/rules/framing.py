"""Rules about the framing of event streams."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
