"""Rules about authorization, TLS, secrets and CORS."""

from __future__ import annotations

from inspector.diagnose.rule import Rule
from inspector.diagnose.rules import security_auth, security_cors, security_oauth, security_secrets, security_tls

RULES: tuple[Rule, ...] = (
    *security_auth.RULES,
    *security_oauth.RULES,
    *security_tls.RULES,
    *security_secrets.RULES,
    *security_cors.RULES,
)
