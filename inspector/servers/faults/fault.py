"""What a fault of the gallery is: a rule, a behaviour that breaks it, one that does not, and how to look at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from inspector.protocol.era import TransportName
from inspector.servers.faults.behaviour import Behaviour

Side = Literal["hit", "ok"]
Make = Callable[[float], Behaviour]
"""Makes a behaviour for a scale; a class of behaviours is one."""

SIDES: tuple[Side, ...] = ("hit", "ok")
_PATHS = {TransportName.HTTP_SSE: "/sse"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a client does to see a fault; times are seconds before scaling.

    It connects over `transport` (at `path`, by default `/sse` or `/mcp`), makes `calls` of tools one after the other or
    all at once, holds the session for `hold_s`, waits until a stream was opened again `reconnects` times, and leaves.
    `sessions` are opened one after the other and kept; in the end the `probes` of these ids are made. With `skills` it
    reads the skills that there are, with `answers` it answers what the server asks for. `options` are
    further fields of the session's own, with `{base}` for the address of the side. Where a rule is silent on one
    machine, tests tell the diagnosis that the server's name is `host`, and that over https unless that has a scheme.
    """

    transport: TransportName = TransportName.STREAMABLE_HTTP
    path: str = ""
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = (("say", {"text": "hello"}),)
    at_once: bool = False
    lists: bool = True
    hold_s: float = 0.0
    reconnects: int = 0
    sessions: int = 1
    host: str = ""
    probes: tuple[str, ...] = ()
    skills: bool = False
    answers: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def below(self) -> str:
        """The path to connect to, below that of the side."""
        return self.path or _PATHS.get(self.transport, "/mcp")


@dataclass(frozen=True, slots=True)
class Fault:
    """`hit` makes what must fire `rule`, `ok` its control, which must not; `summary` says what `hit` does.

    `also` are rules that `hit` cannot help firing along with its own. `ok_fails` says that nobody can connect to the
    control either: it shows something else that is broken.
    """

    rule: str
    summary: str
    hit: Make
    ok: Make
    visit: Visit = field(default_factory=Visit)
    ok_summary: str = ""
    also: tuple[str, ...] = ()
    ok_also: tuple[str, ...] = ()
    ok_fails: bool = False

    def make(self, side: Side, scale: float) -> Behaviour:
        """The behaviour of a side; what shows itself over Streamable HTTP speaks nothing newer there."""
        behaviour = (self.hit if side == "hit" else self.ok)(scale)
        behaviour.speaks_stateless = self.visit.transport is not TransportName.STREAMABLE_HTTP
        return behaviour
