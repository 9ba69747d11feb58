"""Rules about authorization, TLS, secrets and CORS."""

from __future__ import annotations

from inspector.diagnose.rule import Rule

RULES: tuple[Rule, ...] = ()
