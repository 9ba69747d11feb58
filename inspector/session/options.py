"""What the user chose for a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import ClientFeatures
from inspector.wire.http import HeaderList

if TYPE_CHECKING:
    from inspector.protocol.auth.settings import AuthSettings
    from inspector.protocol.auth.store import CredentialStore
    from inspector.session.verdicts import Verdicts

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Answers a request of the server's: its `params` in, our `result` out; raises `Refused` where the user says no."""


class Refused(Exception):
    """The user does not answer this request of the server's (R51: error -1)."""

    def __init__(self, sentence: str = "The user refused.") -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class AuthorizationPrompt:
    """A sign-in that needs the user's browser; the answer is the whole URL that the browser was sent back to.

    Whoever only opens the browser answers with an empty text: then what our own listener at `redirect_uri` gets counts.
    """

    url: str
    redirect_uri: str
    state: str
    issuer: str = ""
    scope: str = ""


Authorize = Callable[[AuthorizationPrompt], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Who answers the server's requests; what is None is not declared as a capability, nor a mode that is not named.

    `authorize` takes the user through a sign-in in the browser; without it none is begun.
    """

    sampling: Ask | None = None
    elicitation: Ask | None = None
    roots: Ask | None = None
    authorize: Authorize | None = None
    elicitation_modes: tuple[str, ...] = ("form", "url")

    def features(self) -> ClientFeatures:
        return ClientFeatures(
            roots=self.roots is not None,
            sampling=self.sampling is not None,
            elicitation=self.elicitation is not None,
            elicitation_modes=self.elicitation_modes,
        )

    def for_method(self, method: str) -> Ask | None:
        return {
            "sampling/createMessage": self.sampling,
            "elicitation/create": self.elicitation,
            "roots/list": self.roots,
        }.get(method)


@dataclass(frozen=True, slots=True)
class Options:
    """A connection's settings; times are seconds, sizes bytes.

    `request_timeout_s` starts anew with each progress notification when `reset_on_progress` is set, and never runs
    past `max_total_s`. Streams have no read timeout: only after `idle_timeout_s` of silence, if it is set, do we close
    and reconnect.

    `log_level` is what the server shall log to us, None for its own choice; `listen` whether change notifications
    are asked for at all. `auth` is how to sign in where the server wants it, None for not at all; `credentials`
    keeps what that brings, without it the session forgets it. `manifest_url` names the manifest of a tool stream;
    `raw_method` and `raw_body` are what opens a raw event stream. `verdicts` keeps what was found out about URLs;
    without it each connection finds out anew.
    """

    url: str
    transport: TransportName = TransportName.AUTO
    protocol_version: str | None = None
    headers: HeaderList = ()
    ca_file: Path | None = None
    insecure: bool = False
    connect_timeout_s: float = 5.0
    request_timeout_s: float = 60.0
    reset_on_progress: bool = True
    max_total_s: float = 600.0
    endpoint_timeout_s: float = 10.0
    idle_timeout_s: float | None = None
    reconnect: bool = True
    reinitialize_on_404: bool = True
    event_limit_bytes: int = 64 * 1024 * 1024
    log_level: str | None = None
    listen: bool = True
    auth: AuthSettings | None = None
    credentials: CredentialStore | None = None
    manifest_url: str | None = None
    raw_method: str = "GET"
    raw_body: bytes = b""
    verdicts: Verdicts | None = None
    callbacks: Callbacks = field(default_factory=Callbacks)
