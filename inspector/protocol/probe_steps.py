"""What a probe is made of: what it knows of the server, the step it wants, the reply it gets."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.protocol.envelope import with_envelope
from inspector.protocol.era import LATEST, TransportName
from inspector.protocol.jsonrpc import notification, request
from inspector.protocol.transports.answer import HttpRequest
from inspector.protocol.transports.stateless import StatelessHttp
from inspector.protocol.transports.streamable_http import StreamableHttp
from inspector.wire import http, jsontext
from inspector.wire.http import HeaderList

PREFIX = "probe:"
"""How the purpose of an exchange of a probe begins; its id follows."""
CLIENT = {"name": "sse-mcp-inspector", "version": "probe"}


@dataclass(frozen=True, slots=True)
class Target:
    """The server and the session that are probed; `headers` are the user's own, credentials included."""

    url: str
    transport: TransportName
    revision: str = LATEST
    session_id: str | None = None
    headers: HeaderList = ()
    hold_s: float = 30.0
    """How long an idle stream is watched."""
    tool: str = ""
    """The tool whose call is repeated, empty if none is to be."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    direct_url: str = ""
    """The same server without the proxy before it, empty if that is not known."""

    @property
    def streamable(self) -> StreamableHttp:
        return StreamableHttp(self.url, self.headers, self.session_id, self.revision)

    def post(
        self, method: str, message_id: str, params: dict[str, Any] | None = None, name: str | None = None
    ) -> HttpRequest:
        """A JSON-RPC request of this session, in its own era; `name` is that of a tool."""
        if self.transport is not TransportName.STATELESS:
            return self.streamable.post(jsontext.dumps(request(message_id, method, params)), method)
        params = with_envelope(params, revision=self.revision, capabilities={}, client_info=CLIENT)
        body = jsontext.dumps(request(message_id, method, params))
        return StatelessHttp(self.url, self.headers, self.revision).post(body, method, name)


@dataclass(frozen=True, slots=True)
class Step:
    """One request, sent after `pause_s`; `listen_s` is how long an event stream that answers it is read."""

    request: HttpRequest
    on_new_socket: bool = True
    listen_s: float = 5.0
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `status` is 0 if nothing did. `lasted_s` is the age of the exchange at its end."""

    status: int
    headers: HeaderList = ()
    body: bytes = b""
    event_ids: tuple[str, ...] = ()
    arrivals_s: tuple[float, ...] = ()
    """When each event came, after the request was sent."""
    lasted_s: float = 0.0
    sentence: str = ""
    ended_by_us: bool = False

    def get(self, name: str) -> str | None:
        """The value of a header."""
        return http.get(self.headers, name)


Plan = Generator[Step, Reply, str]


def named(request: HttpRequest, probe: str, *headers: tuple[str, str]) -> HttpRequest:
    """A request under the name of its probe; `headers` take the place of those of their name."""
    replaced = {name.lower() for name, _ in headers}
    kept = tuple((name, value) for name, value in request.headers if name.lower() not in replaced)
    return replace(request, headers=kept + headers, purpose=f"{PREFIX}{probe}", is_exact=True)


def status_words(reply: Reply) -> str:
    """How it was answered: a status, or why there is none."""
    return str(reply.status) if reply.status else f"nothing ({reply.sentence})"


def own_session(target: Target, probe: str) -> Generator[Step, Reply, Target | None]:
    """A session beside the user's: a server with one stream for each would close the user's for ours."""
    params = {"protocolVersion": target.revision, "capabilities": {}, "clientInfo": CLIENT}
    body = jsontext.dumps(request("probe-initialize", "initialize", params))
    reply = yield Step(named(target.streamable.post(body, "initialize"), probe))
    if reply.status != 200:
        return None
    own = replace(target, session_id=reply.get("mcp-session-id"))
    initialized = jsontext.dumps(notification("notifications/initialized"))
    yield Step(named(own.streamable.post(initialized, "notifications/initialized"), probe))
    return own


def farewell(own: Target, probe: str) -> Generator[Step, Reply, None]:
    """The end of such a session."""
    end = own.streamable.end()
    if end is not None:
        yield Step(named(end, probe))
