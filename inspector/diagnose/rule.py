"""What a rule is: its entry in the table of its group, and the small object that watches the river for it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from inspector.diagnose.finding import Grade
from inspector.diagnose.stack import Product
from inspector.diagnose.topics import Topic
from inspector.trace.events import Severity

if TYPE_CHECKING:
    from inspector.diagnose.context import Context
    from inspector.diagnose.thresholds import Thresholds


class Group(enum.StrEnum):
    """What rules are about, in the order in which they are shown."""

    DELIVERY = "Delivery: buffering, compression, caching"
    LIFETIME = "Idle, lifetime, heartbeat"
    RECONNECT = "Reconnect, resume, teardown"
    SESSIONS = "Sessions, stickiness, capacity"
    ADDRESS = "URL, endpoint event, host, redirects"
    NEGOTIATION = "HTTP negotiation"
    FRAMING = "SSE framing"
    TRAFFIC = "JSON-RPC traffic"
    PROGRESS = "Progress, subscriptions"
    SCHEMAS = "Tools and schemas"
    SECURITY = "Authorization, TLS, secrets, CORS"
    MEASUREMENT = "Measurement, load, our own side"
    TOOL_STREAM = "Tool streams"
    CLIENTS = "What other clients see"


class Era(enum.StrEnum):
    """The revisions of which a rule holds."""

    HTTP_SSE = "2024-11-05"
    STREAMABLE = "2025-03-26 to 2025-11-25"
    STATELESS = "2026-07-28"


class SeenBy(enum.StrEnum):
    """Who finds it."""

    WATCH = "watching the traffic"
    """A watch, out of the events of a recording or a live session."""
    PROTOCOL = "the session"
    """The state machines of the session, which say so with a `Violation` in the river."""
    PROBE = "a check you start"
    """An active check, on the user's click only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of a table: everything that Help says of a rule.

    `cause` and `fix` are plain words; `fixes` has the concrete setting for a product that was recognised, which then
    comes first. `explains` are the ids of rules that are only its consequences: where both fired, they are folded under
    this one. `source` names the clause or the report it was learned from, `link` where to read on.
    """

    id: str
    group: Group
    title: str
    severity: Severity
    symptom: str
    cause: str
    fix: str
    fixes: Mapping[Product, str] = field(default_factory=dict)
    source: str = ""
    link: str = ""
    eras: frozenset[Era] = frozenset(Era)
    explains: tuple[str, ...] = ()
    seen_by: SeenBy = SeenBy.WATCH
    watch: type[Watch] | None = None


Found = Callable[..., None]


class Watch:
    """Looks at the events of one rule, or of a few that need the same facts, and says what it found.

    A watch keeps no events and a bounded amount of anything else, never raises for what the peer sent, and asks
    `context` for what all watches need. It must not read a clock: an event has its time, and `context.timers` calls
    back when the river has passed another.
    """

    rules: ClassVar[tuple[str, ...]] = ()
    """The ids of the rules it reports; the first is meant where none is named."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @property
    def thresholds(self) -> Thresholds:
        return self.context.thresholds

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        """What is done with each event of a topic."""
        return {}

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        """What is done with events of a topic that follow each other; for the topics of a flood.

        Whoever reports from here says the time first: `context.timers.move_to(event)`.
        """
        return {}

    def found(
        self,
        text: str,
        evidence: Sequence[int],
        *,
        rule: str = "",
        grade: Grade = "proven",
        severity: Severity | None = None,
        fix: str = "",
        connection: int | None = None,
    ) -> None:
        """Report: `text` is what was seen, with figures; `evidence` the numbers of the events.

        `severity` and `fix` only where they differ from the rule's; `fix` comes before the rule's.
        """
        self.context.report(rule or self.rules[0], text, evidence, grade, severity, fix, connection)

    def over(self, rule: str = "") -> None:
        """What was found is no longer true from now on; a later `found` makes it true again."""
        self.context.over(rule or self.rules[0])
