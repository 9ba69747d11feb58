"""Revision 2026-07-28: every POST speaks for itself, and nothing is remembered."""

from __future__ import annotations

from inspector.protocol import envelope, era, subscriptions
from inspector.servers.demo.messages import (
    METHOD_NOT_FOUND,
    Json,
    RpcError,
    encode,
    is_request,
    notification_message,
    parse_messages,
    result_message,
)
from inspector.servers.faults.honest.line import Line
from inspector.servers.faults.honest.speaker import JSON_HEADERS
from inspector.servers.faults.honest.streamable import VERSION_HEADER, Streamable
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest

CACHE_HINTS: Json = {"ttlMs": 60_000, "cacheScope": "public"}


class Stateless(Streamable):
    """Serves `/mcp` below the base, for clients that do not shake hands."""

    def is_stateless(self, request: HttpRequest) -> bool:
        """Whether a POST is of this revision."""
        return self.speaks_stateless and request.header(VERSION_HEADER) == era.STATELESS

    def discover_result(self) -> Json:
        """The answer to server/discover."""
        return {
            "supportedVersions": [*self.versions, era.STATELESS],
            "capabilities": self.capabilities(era.STATELESS),
            **CACHE_HINTS,
        }

    def complete(self, result: Json) -> Json:
        """What every result of this revision has besides."""
        meta = {**result.get("_meta", {}), envelope.SERVER_INFO: self.server_info()}
        return {"resultType": "complete", **result, "_meta": meta}

    async def stateless_result(self, message: Json, line: Line, request: HttpRequest) -> Json:
        """The result of a request; raises `RpcError` for what cannot be answered."""
        match message["method"]:
            case "server/discover":
                return self.discover_result()
            case "tools/list":
                return {**await self.result(message, line, request), **CACHE_HINTS}
            case "tools/call":
                return await self.result(message, line, request)
        raise RpcError(METHOD_NOT_FOUND, f"Method not found: {message['method'][:200]}")

    async def response(self, message: Json, line: Line, http: HttpRequest) -> Json:
        """The JSON-RPC response, in the shape of the revision that the line speaks."""
        if not era.is_stateless(line.version):
            return await super().response(message, line, http)
        try:
            result = self.complete(await self.stateless_result(message, line, http))
            return result_message(message["id"], result)
        except RpcError as error:
            return error.to_message(message["id"])

    async def on_stateless(self, request: HttpRequest, wire: Wire) -> None:
        """Serve a POST of this revision."""
        try:
            (message,) = parse_messages(request.body, batches=False)
        except RpcError as error:
            await self.refuse(wire, 400, error)
            return
        if not is_request(message):
            await wire.answer(202)
        elif message["method"] == subscriptions.METHOD:
            await self.on_listen(message, request, wire)
        elif self.streams(message):
            line = await self.open_line(wire, era.STATELESS, ends_calls=True)
            await self.carry(self.tasks.start(self.respond(message, line, request)), line)
        else:
            line = Line(wire, self.event, era.STATELESS, ends_calls=True)
            response = await self.response(message, line, request)
            is_unknown = response.get("error", {}).get("code") == METHOD_NOT_FOUND
            await wire.answer(404 if is_unknown else 200, JSON_HEADERS, encode(response))

    def acknowledgement(self, message: Json) -> Json:
        """The first message of a subscription: what of the filter is honoured."""
        params: Json = {"notifications": self.honoured(message), "_meta": self.subscription_meta(message)}
        return notification_message(subscriptions.ACKNOWLEDGED, params)

    def honoured(self, message: Json) -> Json:
        """The part of a subscription's filter that is honoured."""
        asked: Json = message.get("params", {}).get("notifications", {})
        return {"toolsListChanged": True} if asked.get("toolsListChanged") is True else {}

    def subscription_meta(self, message: Json) -> Json:
        """What says which subscription a message belongs to."""
        return {envelope.SUBSCRIPTION_ID: message["id"]}

    async def on_listen(self, message: Json, request: HttpRequest, wire: Wire) -> None:
        """Serve subscriptions/listen."""
        line = await self.open_line(wire, era.STATELESS, ends_calls=True)
        await line.send(self.acknowledgement(message))
        await self.hold(line)
