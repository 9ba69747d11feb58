"""Rules about what HTTP negotiates: types, versions, statuses."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
