"""Faults of progress and subscriptions."""

from __future__ import annotations

from inspector.protocol.era import STATELESS, TransportName
from inspector.servers.demo.messages import Json, notification_message
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line
from inspector.servers.faults.honest.speaker import text_result
from inspector.servers.faults.progress_tasks import TASKS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest

PROGRESS = "notifications/progress"
WORK = Visit(calls=(("work", {"steps": 3}),))
MODERN = Visit(transport=TransportName.STATELESS)
LISTENING = Visit(transport=TransportName.STATELESS, hold_s=4.0)


class Steps(Honest):
    """Reports these values of progress."""

    steps: tuple[float, ...] = (1, 2, 3)
    total: float | None = 3

    async def work(self, call: Call) -> Json:
        for step in self.steps:
            await call.sleep(0.2)
            await call.progress(step, self.total)
        return text_result("done")


class StepsBack(Steps):
    """Reports 10, 10 and 5."""

    steps = (10, 10, 5)
    total = None


class OwnTokens(Steps):
    """Makes its tokens out of the ids of requests."""

    async def work(self, call: Call) -> Json:
        call.token = f"tool-call-{call.id}"
        return await super().work(call)


class InWords(Honest):
    """Reports its progress in words."""

    async def work(self, call: Call) -> Json:
        await call.notify(PROGRESS, {"progressToken": call.token, "progress": "50 %"})
        return text_result("done")


class Afterwards(Honest):
    """Reports progress once more after the answer."""

    async def respond(self, message: Json, line: Line, http: HttpRequest) -> None:
        await super().respond(message, line, http)
        token = message.get("params", {}).get("_meta", {}).get("progressToken")
        if token is not None:
            await line.send(notification_message(PROGRESS, {"progressToken": token, "progress": 99}))


class Changing(Honest):
    """Declares that it tells of changed tools, and does so as soon as somebody listens."""

    changes_first = False

    def capabilities(self, version: str) -> Json:
        return {"tools": {"listChanged": True}}

    def changed(self, message: Json) -> Json:
        """The notification of a subscription."""
        params: Json = {"_meta": self.subscription_meta(message)}
        return notification_message("notifications/tools/list_changed", params)

    async def on_listen(self, message: Json, request: HttpRequest, wire: Wire) -> None:
        line = await self.open_line(wire, STATELESS, ends_calls=True)
        told = [self.acknowledgement(message), self.changed(message)]
        for each in reversed(told) if self.changes_first else told:
            await line.send(each)
        await self.hold(line)


class ChangesFirst(Changing):
    """Tells of a change before it acknowledges the subscription."""

    changes_first = True


class HonoursNothing(Changing):
    """Acknowledges a subscription to nothing."""

    def honoured(self, message: Json) -> Json:
        return {}

    async def on_listen(self, message: Json, request: HttpRequest, wire: Wire) -> None:
        line = await self.open_line(wire, STATELESS, ends_calls=True)
        await line.send(self.acknowledgement(message))
        await self.hold(line)


class ChangesOnCalls(Honest):
    """Tells of changed tools on the stream of a call."""

    async def call(self, call: Call) -> Json:
        await call.notify("notifications/tools/list_changed", {})
        return await super().call(call)


class AlwaysLogs(Honest):
    """Logs on the stream of every call, whether a level was named or not."""

    async def call(self, call: Call) -> Json:
        await call.log("at work")
        return await super().call(call)


FAULTS: tuple[Fault, ...] = (
    Fault("progress-unknown-token", "Makes up the tokens of its progress.", OwnTokens, Steps, WORK),
    Fault("progress-not-monotonic", "Reports 10, 10 and 5.", StepsBack, Steps, WORK),
    Fault("progress-invalid", "Reports 50 % in words.", InWords, Steps, WORK),
    Fault("progress-after-response", "Reports progress after the answer.", Afterwards, Steps, WORK),
    Fault(
        "subscription-not-acknowledged",
        "Tells of a change before it acknowledges the subscription.",
        ChangesFirst,
        Changing,
        LISTENING,
    ),
    Fault(
        "subscription-not-honoured",
        "Acknowledges a subscription to nothing.",
        HonoursNothing,
        Changing,
        LISTENING,
    ),
    Fault("notification-misplaced", "Tells of changed tools on the stream of a call.", ChangesOnCalls, Honest, MODERN),
    Fault("log-not-asked-for", "Logs for calls that name no level.", AlwaysLogs, Honest, MODERN),
    *TASKS,
)
