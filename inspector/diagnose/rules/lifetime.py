"""Rules about silence, lifetimes and heartbeats."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
