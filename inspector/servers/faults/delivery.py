"""Faults of delivery: buffering, compression, caching."""

from __future__ import annotations

from inspector.servers.demo.messages import Json, encode
from inspector.servers.faults.fault import Fault
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.honest.speaker import JSON_HEADERS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers


class Http10(Honest):
    """Answers over HTTP/1.0: no length, no chunks, the end of the connection is the end of the body."""

    async def answer_with_json(self, response: Json, wire: Wire, headers: Headers = ()) -> None:
        await wire.head(200, (*JSON_HEADERS, *headers), version="1.0")
        await wire.chunk(encode(response))
        await wire.end()


FAULTS: tuple[Fault, ...] = (
    Fault(
        "http10-hop",
        "Answers over HTTP/1.0, where the end of the connection is the end of the answer.",
        hit=Http10,
        ok=Honest,
        ok_summary="HTTP/1.1 with a length or in chunks.",
    ),
)
