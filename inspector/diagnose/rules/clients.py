"""What clients built on other decoders see (the lens)."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
