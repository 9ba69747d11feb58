"""Faults of what a server asks, and of results in general."""

from __future__ import annotations

from typing import ClassVar

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest

STATELESS = Visit(transport=TransportName.STATELESS)


class Asking(Honest):
    """Sends these requests before it answers a call."""

    requests: tuple[tuple[str, str], ...] = ()

    async def call(self, call: Call) -> Json:
        for request_id, method in self.requests:
            await call.line.send({"jsonrpc": "2.0", "id": request_id, "method": method})
        return await super().call(call)


class AsksForRoots(Asking):
    """Asks for roots, which the client has not declared."""

    requests = (("roots", "roots/list"),)


class SamplesToNothing(Honest):
    """Asks for a sample of an empty conversation, without a limit."""

    params: ClassVar[Json] = {"messages": []}

    async def call(self, call: Call) -> Json:
        asked = {"jsonrpc": "2.0", "id": "sample", "method": "sampling/createMessage", "params": self.params}
        await call.line.send(asked)
        return await super().call(call)


class Samples(SamplesToNothing):
    """Asks for a sample as it should."""

    params: ClassVar[Json] = {
        "messages": [{"role": "user", "content": {"type": "text", "text": "Hello?"}}],
        "maxTokens": 10,
    }


class Pings(Asking):
    """Sends a ping."""

    requests = (("one", "ping"),)


class OneId(Asking):
    """Sends two pings with one id."""

    requests = (("one", "ping"), ("one", "ping"))


class TwoIds(Asking):
    """Sends two pings, each with an id of its own."""

    requests = (("one", "ping"), ("two", "ping"))


class ListResult(Honest):
    """Gives a list as the result of a call."""

    async def call(self, call: Call) -> Json:
        return ["hello"]  # type: ignore[return-value] # the fault itself


class AsksBack(Honest):
    """Answers the first try of each call with a state to send back."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._asked = False

    def asked(self) -> Json:
        """The result that asks."""
        return {"requestState": "half-way"}

    async def call(self, call: Call) -> Json:
        if self._asked:
            return await super().call(call)
        self._asked = True
        return {"resultType": "input_required", **self.asked()}


class AsksForNothing(AsksBack):
    """Sends its input requests as a list."""

    def asked(self) -> Json:
        return {"inputRequests": [], "requestState": "half-way"}


class AsksWhatIsNotDeclared(AsksBack):
    """Asks for a text from the client's model, which the client has not declared."""

    def asked(self) -> Json:
        return {"inputRequests": {"joke": {"method": "sampling/createMessage", "params": {}}}}


class AsksWhileListing(Honest):
    """Asks back when its tools are listed."""

    def list_tools(self, params: Json, version: str) -> Json:
        if "requestState" in params:
            return super().list_tools(params, version)
        return {**super().list_tools(params, version), "resultType": "input_required", "requestState": "half-way"}


class NoResultType(Honest):
    """Leaves resultType out."""

    def complete(self, result: Json) -> Json:
        return {name: value for name, value in super().complete(result).items() if name != "resultType"}


class OtherResultType(Honest):
    """Answers calls with a resultType of its own."""

    async def call(self, call: Call) -> Json:
        return {**await super().call(call), "resultType": "partial"}


class NoCacheHints(Honest):
    """Sends a time to live that is text."""

    def complete(self, result: Json) -> Json:
        return super().complete({**result, "ttlMs": "a minute"} if "ttlMs" in result else result)


class NoCapabilities(Honest):
    """Leaves the capabilities out of server/discover."""

    def discover_result(self) -> Json:
        return {name: value for name, value in super().discover_result().items() if name != "capabilities"}


class NoList(Honest):
    """Gives its tools as an object."""

    def list_tools(self, params: Json, version: str) -> Json:
        return {"tools": {tool["name"]: tool for tool in self.tools()}}


ASKS: tuple[Fault, ...] = (
    Fault("server-request-in-stateless", "Sends a ping in 2026-07-28.", Pings, Honest, STATELESS),
    Fault("server-request-undeclared", "Asks for roots that were not declared.", AsksForRoots, Pings),
    Fault(
        "sampling-request-invalid",
        "Asks for a sample of an empty conversation, without a limit.",
        SamplesToNothing,
        Samples,
        Visit(answers=True, hold_s=1.0),
    ),
    Fault("request-id-reused", "Sends two pings with one id.", OneId, TwoIds),
    Fault("input-required-invalid", "Sends its input requests as a list.", AsksForNothing, AsksBack, STATELESS),
    Fault("input-required-misplaced", "Asks back when its tools are listed.", AsksWhileListing, AsksBack, STATELESS),
    Fault("input-request-undeclared", "Asks for undeclared sampling.", AsksWhatIsNotDeclared, AsksBack, STATELESS),
    Fault("result-not-object", "Gives a list as the result of a call.", ListResult, Honest),
    Fault("result-type-missing", "Leaves resultType out of every result.", NoResultType, Honest, STATELESS),
    Fault("result-type-unknown", "Answers calls with the resultType partial.", OtherResultType, Honest, STATELESS),
    Fault("cache-hints-invalid", "Sends ttlMs as text.", NoCacheHints, Honest, STATELESS),
    Fault("discover-result-invalid", "Leaves capabilities out of server/discover.", NoCapabilities, Honest, STATELESS),
    Fault("list-result-invalid", "Gives its tools as an object.", NoList, Honest),
)
