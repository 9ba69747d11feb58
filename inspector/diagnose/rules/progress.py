"""Rules about progress, subscriptions and tasks."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.diagnose.rules.progress_subscriptions import AbruptEnd
from inspector.trace.events import Severity

_GITHUB = "https://github.com"
_PROGRESS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress"
_TASKS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks"
_SUBSCRIPTIONS = "https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions"
_STATELESS = frozenset({Era.STATELESS})

_STEPS = (
    Rule(
        id="progress-unknown-token",
        group=Group.PROGRESS,
        title="Progress for a token we never sent",
        severity=Severity.ERROR,
        symptom="A progressToken is none of those in our requests, has another type, or came though we asked for none.",
        cause="The token was made up, or stored as text. Several clients close the connection over it.",
        fix="Copy params._meta.progressToken of the request without changing its type; without one send no progress.",
        source="Progress: behavior requirements; claude-code#47765",
        link=f"{_GITHUB}/anthropics/claude-code/issues/47765",
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="progress-not-monotonic",
        group=Group.PROGRESS,
        title="Progress does not increase",
        severity=Severity.WARN,
        symptom="progress did not grow, went past its total, or the total changed on the way.",
        cause="Several workers report into one counter, or the same step is reported again.",
        fix="Send strictly increasing values; leave total out if it is unknown.",
        source="Progress: progress flow (MUST increase)",
        link=_PROGRESS,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="progress-after-response",
        group=Group.PROGRESS,
        title="Progress after the response",
        severity=Severity.WARN,
        symptom="Progress came for a request that had been answered, or given up.",
        cause="A timer or a task that reports progress is not stopped before the result is sent.",
        fix="Stop the progress timer before the result is sent.",
        source="Progress: behavior requirements (MUST stop); claude-code#47765",
        link=f"{_GITHUB}/anthropics/claude-code/issues/47765",
        explains=("message-after-final",),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="progress-invalid",
        group=Group.PROGRESS,
        title="Progress is no number",
        severity=Severity.ERROR,
        symptom="The progress of a notification is missing, text, or no finite number.",
        cause="A text such as 50 % was put where the number belongs.",
        fix="Send a finite number as progress, and words as message.",
        source="Progress: progress flow",
        link=_PROGRESS,
        seen_by=SeenBy.PROTOCOL,
    ),
)
_LISTENING = (
    Rule(
        id="subscription-not-acknowledged",
        group=Group.PROGRESS,
        title="Subscription stream without acknowledgement",
        severity=Severity.ERROR,
        symptom="The stream of subscriptions/listen does not begin with its acknowledgement, brings what was not "
        "asked for, names another subscription, or ends without a result.",
        cause="The server sends its changes to every stream that is open, as with the GET stream before.",
        fix="Acknowledge first, send only what was acknowledged, put the request's id into _meta, and end with a "
        "result.",
        source="Subscriptions (2026-07-28)",
        link=_SUBSCRIPTIONS,
        eras=_STATELESS,
        watch=AbruptEnd,
    ),
    Rule(
        id="subscription-not-honoured",
        group=Group.PROGRESS,
        title="Subscription honoured in part",
        severity=Severity.NOTE,
        symptom="The acknowledgement leaves out some of what was asked for.",
        cause="The server does not tell of these changes.",
        fix="Declare only what the server can tell of; a client has to ask for the rest from time to time.",
        source="Subscriptions (2026-07-28)",
        link=_SUBSCRIPTIONS,
        eras=_STATELESS,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="notification-misplaced",
        group=Group.PROGRESS,
        title="A notification on a stream where it does not belong",
        severity=Severity.WARN,
        symptom="The stream of a request brought a change notification, or progress of another request.",
        cause="The server sends whatever there is on whichever stream is open.",
        fix="Send changes on the stream of subscriptions/listen, and progress on that of its own request.",
        source="Streamable HTTP: receiving messages (2026-07-28)",
        link="https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http",
        eras=_STATELESS,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="log-not-asked-for",
        group=Group.PROGRESS,
        title="Log messages that nobody asked for",
        severity=Severity.WARN,
        symptom="A log message came for a request that names no log level.",
        cause="The server logs to every client, as before 2026-07-28.",
        fix="Send log messages only for requests that name a level in _meta, and from that level on.",
        source="Streamable HTTP: receiving messages (2026-07-28)",
        link="https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/logging",
        eras=_STATELESS,
        seen_by=SeenBy.PROTOCOL,
    ),
)
_LONG_RUNS = (
    Rule(
        id="task-invalid",
        group=Group.PROGRESS,
        title="A task is described incompletely",
        severity=Severity.WARN,
        symptom="A task lacks its id, status or times, has them in another shape, or another task was answered for.",
        cause="The task was built for a draft, or by hand.",
        fix="Send every task with taskId, status, createdAt and lastUpdatedAt, and what its status calls for.",
        source="Tasks",
        link=_TASKS,
        eras=frozenset({Era.STREAMABLE, Era.STATELESS}),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="task-transition-invalid",
        group=Group.PROGRESS,
        title="A task went on after its end",
        severity=Severity.ERROR,
        symptom="A task that was completed, failed or cancelled has another status afterwards.",
        cause="A worker goes on after a cancellation and writes its status over the final one.",
        fix="Keep a final status: working and input_required may change, all else is final.",
        source="Tasks: task status lifecycle",
        link=_TASKS,
        eras=frozenset({Era.STREAMABLE, Era.STATELESS}),
        seen_by=SeenBy.PROTOCOL,
    ),
)
RULES: tuple[Rule, ...] = (*_STEPS, *_LISTENING, *_LONG_RUNS)
