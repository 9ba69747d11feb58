"""The probes that make the user's latest call again: delivered live, left in the middle, past the proxy."""

from __future__ import annotations

from dataclasses import replace

from inspector.protocol.era import TransportName
from inspector.protocol.probe_steps import PREFIX, Plan, Reply, Step, Target, farewell, named, own_session, status_words
from inspector.protocol.transports.answer import HttpRequest
from inspector.wire import http

ABANDON_S = 1.0
CALL_S = 120.0
"""How long a call may take that is made again."""
REST_S = 2.0
"""How long the rest of a call that was left is waited for."""
_BATCH_AFTER_S, _BATCH_WITHIN_S = 0.5, 0.05


def live(target: Target) -> Plan:
    """Whether its events come as they are made."""
    reply = yield Step(_call(target, "live"), listen_s=CALL_S)
    return f"{target.tool}: {_delivery(reply)}"


def abandon(target: Target) -> Plan:
    """What becomes of it when its stream is left."""
    reply = yield Step(_call(target, "abandon"), listen_s=ABANDON_S)
    if not reply.ended_by_us:
        return f"{target.tool} was over before it could be left: {_delivery(reply)}"
    left = f"{target.tool} was left after {reply.lasted_s:.1f} s."
    if target.transport is TransportName.STATELESS:
        return f"{left} That cancels it in this revision, and nothing more can be seen of it."
    if not reply.event_ids:
        return f"{left} Its events have no ids, so nobody can ask what became of it."
    again = yield Step(named(target.streamable.listen(reply.event_ids[-1]), "abandon"), listen_s=REST_S)
    if again.status != 200:
        return f"{left} Asked for the rest, the server answered with {status_words(again)}."
    if not again.event_ids:
        return f"{left} Asked for the rest, the server sent nothing: it stopped, or keeps no events."
    return f"{left} Asked for the rest, the server sent {_events(len(again.event_ids))}: it ran on without us."


def direct(target: Target) -> Plan:
    """How it arrives with the proxy and without."""
    proxied = yield Step(_call(target, "direct"), listen_s=CALL_S)
    own = yield from own_session(replace(target, url=target.direct_url, session_id=None), "direct")
    if own is None:
        return f"No session could be opened at {http.mask_url(target.direct_url)}."
    alone = yield Step(_call(own, "direct"), listen_s=CALL_S)
    yield from farewell(own, "direct")
    return f"Through the proxy {_delivery(proxied)} Without it {_delivery(alone)}"


def _call(target: Target, probe: str) -> HttpRequest:
    meta = {"progressToken": f"{PREFIX}{probe}"}
    params = {"name": target.tool, "arguments": dict(target.arguments), "_meta": meta}
    return named(target.post("tools/call", f"probe-{probe}", params, target.tool), probe)


def _delivery(reply: Reply) -> str:
    """How the events of an answer came: spread over its time, or in one batch."""
    times = reply.arrivals_s
    if not times:
        return f"the answer came without a stream ({status_words(reply)}), after {reply.lasted_s:.2f} s."
    spread_s = times[-1] - times[0]
    words = f"{_events(len(times))} came between {times[0]:.2f} and {times[-1]:.2f} s"
    if len(times) > 1 and times[-1] > _BATCH_AFTER_S and spread_s < _BATCH_WITHIN_S:
        return f"{words}: all in one batch."
    return f"{words}."


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"
