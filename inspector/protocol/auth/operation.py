"""What was tried for the request that the user waits for, which bounds how often we ask (R66)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from inspector.protocol.auth import scopes, words
from inspector.protocol.auth.challenge import AuthChallenge
from inspector.protocol.auth.document import shown
from inspector.protocol.auth.peek import why_refused
from inspector.protocol.auth.steps import AuthError
from inspector.protocol.auth.tokens import Tokens

MAX_AUTHORIZATIONS = 3
"""For one operation; after that the refusal is final."""
MAX_NONCES = 3
"""So often one operation is repeated with another nonce: once is the rule, more only where nonces are short-lived."""

Source = Literal["", "store", "refresh", "grant"]


@dataclass(slots=True)
class Operation:
    """`asked` holds the scope of each sign-in, `source` says where the last token came from."""

    authorizations: int = 0
    nonces: int = 0
    asked: list[str | None] = field(default_factory=list)
    source: Source = ""

    def take_nonce(self, *, has_key: bool) -> None:
        """Count a repetition for the sake of a nonce. Raises `AuthError`."""
        self.nonces += 1
        if not has_key or self.nonces > MAX_NONCES:
            reason = "again and again" if has_key else "although we prove no key"
            raise AuthError(
                f"The server asks for a DPoP nonce {reason}. Compare its DPoP-Nonce with the nonce in our proofs.",
                "auth-dpop-nonce",
            )

    def refuse_repetition(
        self, challenge: AuthChallenge, tokens: Tokens | None, audience: str, now: float, *, is_step_up: bool
    ) -> None:
        """Stop where asking again would bring the same answer; `now` is Unix time. Raises `AuthError`."""
        said = words.it_says(challenge.description, (tokens.access_token,) if tokens else ())
        if is_step_up and self.asked and scopes.contains(self.asked[-1], challenge.scope):
            wanted = f"the scope {shown(challenge.scope)}" if challenge.scope else "a scope that it does not name"
            raise AuthError(
                f"The server wants {wanted}, although a token was asked for with all that it named a moment ago.{said} "
                "Grant it to this user at the authorization server.",
                "auth-insufficient-scope",
            )
        if not is_step_up and self.source == "grant" and tokens is not None:
            raise AuthError(
                f"The server refuses a token that was issued a moment ago.{said} "
                f"{why_refused(tokens.access_token, audience, now)}",
                "auth-audience-mismatch",
            )
        if self.authorizations >= MAX_AUTHORIZATIONS:
            raise AuthError(
                f"The server still refuses this request after {self.authorizations} sign-ins.{said} "
                "Look into its log for the scope that it wants.",
                "auth-insufficient-scope",
            )
