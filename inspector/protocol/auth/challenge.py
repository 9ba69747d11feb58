"""What a refusal asks for: the `WWW-Authenticate` challenges of a 401 or 403 (R60, RFC 6750, RFC 9449, RFC 9728)."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.protocol.auth import words
from inspector.protocol.auth.document import Report
from inspector.protocol.transports.answer import Head
from inspector.wire import http

SCHEMES = ("bearer", "dpop")


@dataclass(frozen=True, slots=True)
class AuthChallenge:
    """A refusal that OAuth can answer; `scope` and `resource_metadata` are None where the server does not say.

    `wants_dpop`: the server takes no other tokens than those bound to a key.
    """

    status: int
    has_challenge: bool
    error: str = ""
    description: str = ""
    scope: str | None = None
    resource_metadata: str | None = None
    dpop_nonce: str = ""
    wants_dpop: bool = False

    @property
    def wants_nonce(self) -> bool:
        """The token is fine, but its proof needs the nonce that came along (RFC 9449 section 9)."""
        return self.error == "use_dpop_nonce" and bool(self.dpop_nonce)

    @property
    def is_step_up(self) -> bool:
        """The token is fine, but does not reach far enough (RFC 6750 section 3.1)."""
        return self.status == 403 or self.error == "insufficient_scope"


def read_challenge(head: Head) -> AuthChallenge | None:
    """The refusal in an answer, None if it is none or if it asks for something else than OAuth.

    A 403 counts where it says `insufficient_scope` or names the scope it wants. A 401 without any challenge counts:
    whether the server knows OAuth is then found by looking.
    """
    if head.status not in (401, 403):
        return None
    fields = [value for name, value in head.headers if name.lower() == "www-authenticate"]
    challenges = http.parse_challenges(", ".join(fields))
    ours = [challenge for challenge in challenges if challenge.scheme.lower() in SCHEMES]
    if challenges and not ours:
        return None
    params: dict[str, str] = {}
    for challenge in ours:
        for name, value in challenge.params.items():
            params.setdefault(name, value)
    error = params.get("error", "")
    if head.status == 403 and error != "insufficient_scope" and (error or "scope" not in params):
        return None
    return AuthChallenge(
        status=head.status,
        has_challenge=bool(ours),
        error=error,
        description=params.get("error_description", ""),
        scope=" ".join(params["scope"].split()) or None if "scope" in params else None,
        resource_metadata=params.get("resource_metadata") or None,
        dpop_nonce=head.get("dpop-nonce") or "",
        wants_dpop=bool(ours) and all(challenge.scheme.lower() == "dpop" for challenge in ours),
    )


def report_oddities(challenge: AuthChallenge, report: Report) -> None:
    """What strict clients would not understand in a refusal for want of scope (RFC 6750 section 3.1)."""
    fix = "Answer 403 instead of 401."
    if challenge.status == 403 and not challenge.error:
        text = "The server names a scope in a 403 without saying insufficient_scope."
        report(words.warning("auth-insufficient-scope", text, fix, "RFC 6750 section 3.1"))
    elif challenge.status == 401 and challenge.error == "insufficient_scope":
        text = "The server answers 401 for want of scope, which says that the token itself is bad."
        report(words.warning("auth-insufficient-scope", text, fix, "RFC 6750 section 3.1"))
