"""Rules about the URL, the endpoint event, hosts and redirects."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
