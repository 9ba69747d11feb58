"""A recording as a server on this machine: what it answered then, it answers again."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Self

from inspector.protocol import jsonrpc
from inspector.protocol.jsonrpc import RequestId
from inspector.servers.http import Headers, HttpConnection, HttpRequest
from inspector.servers.loopback import LoopbackListener
from inspector.servers.replay.answer import ending_of, opening_of, unreached
from inspector.servers.replay.asked import Asked, Kind, read
from inspector.servers.replay.body import Body, load, units_of
from inspector.servers.replay.matching import Match, Matcher
from inspector.servers.replay.player import Pace, Player
from inspector.servers.replay.rewriting import Rules, edits_of_origins
from inspector.servers.replay.script import Events, Exchange, Script, read_script
from inspector.servers.tasks import race
from inspector.wire import jsontext

MAX_LABELS = 20
HEAD_BYTES = 16 * 1024
"""Where in a stream of HTTP+SSE the endpoint event stands, which comes first of all."""
JSON: Headers = (("content-type", "application/json"),)
TEXT: Headers = (("content-type", "text/plain; charset=utf-8"),)


class ReplayServer:
    """Serves a recording on 127.0.0.1 for as long as it is entered.

    `events` is a river or a recording. `speed` 2 is twice as fast as recorded, 0 does not wait at all. `log` is told in
    one line of each exchange that is served, and once of each thing that is not as it was recorded. `port` 0 lets the
    system choose; a taken port raises OSError.
    """

    def __init__(
        self, events: Events, port: int = 0, speed: float = 1.0, log: Callable[[str], None] = lambda line: None
    ) -> None:
        self.script: Script = read_script(events)
        self._events = events
        self._pace = Pace(speed)
        self._log = log
        self._matcher = Matcher(self.script.exchanges)
        self._followers = self.script.followers()
        self._session_posts = _session_posts(self.script)
        self._listener = LoopbackListener(self._route, port)
        self._players: list[Player] = []
        self._ids: dict[int, dict[RequestId, RequestId]] = {}
        self._tokens: dict[int, dict[RequestId, RequestId]] = {}
        self._told: set[str] = set()
        self._cleanup = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._cleanup.enter_async_context(self._listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._cleanup.aclose()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    @property
    def urls(self) -> list[tuple[str, str]]:
        """Where a client connects to, each with the name of what is spoken there."""
        return [(f"{self._own}{path}", label) for path, label in self.script.entrances().items()]

    @property
    def _own(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _route(self, request: HttpRequest, connection: HttpConnection) -> None:
        asked = read(request.method, request.body, request.header("last-event-id"))
        match = self._matcher.find(request.method, request.path, request.query, asked)
        if match is None:
            await self._refuse(request, asked, connection)
        else:
            await self._serve(request, match, asked, connection)

    async def _serve(self, request: HttpRequest, match: Match, asked: Asked, connection: HttpConnection) -> None:
        exchange = match.exchange
        rules = self._rules(exchange, asked)
        body = load(self._events, exchange)
        self._log(_line(request, asked, match, len(body.pieces)))
        self._note_changes(exchange, body, rules)
        writer = connection.take_over()
        player = Player(exchange, body, rules, self._pace, writer)
        self._players.append(player)
        try:
            self._tell_followers(player, rules)
            await race(player.run(), connection.wait_until_gone())
        finally:
            self._players.remove(player)
            if not player.is_over:
                writer.close()

    def _rules(self, exchange: Exchange, asked: Asked) -> Rules:
        """The recorded ids of a connection are one's own first, then those of all that was asked on it."""
        recorded = exchange.asked
        ids = dict(zip(recorded.ids, asked.ids, strict=False))
        tokens = {old: new for old, new in zip(recorded.tokens, asked.tokens, strict=False) if None not in (old, new)}
        all_ids = self._ids.setdefault(exchange.connection, {})
        all_tokens = self._tokens.setdefault(exchange.connection, {})
        all_ids |= ids
        all_tokens |= tokens
        server_ids = self.script.server_ids.get(exchange.connection, set())
        origins = tuple(self.script.origins)
        return Rules(ChainMap(ids, all_ids), ChainMap(tokens, all_tokens), server_ids, origins, self._own)

    def _tell_followers(self, carrier: Player, rules: Rules) -> None:
        """What was recorded on other streams as the answer to this request goes out on them now."""
        exchange = carrier.exchange
        for number in self._followers.get(exchange.number, ()):
            source = self.script.exchanges[number]
            player = self._player_of(source)
            if player is None:
                self._log(f"note: stream {source.stream}, which brought the answer, is not open")
                continue
            if player.exchange is source:
                body, units = player.body, player.units_after(exchange.number)
            else:
                body = load(self._events, source)
                units = [unit for unit in units_of(source, body) if unit.after == exchange.number]
            if units:
                player.deliver(units, body, source, rules, carrier)
            if player.exchange is source:
                player.arrived(exchange.number, exchange.sent_ns)

    def _player_of(self, source: Exchange) -> Player | None:
        """Who serves that stream now; else the last one who serves a stream of its kind."""
        latest = list(reversed(self._players))
        same = next((player for player in latest if player.exchange is source), None)
        if same is not None or not source.is_event_stream or source.method != "GET":
            return same
        kind = ("GET", source.is_session, True)
        return next((player for player in latest if _kind_of(player.exchange) == kind), None)

    def _note_changes(self, exchange: Exchange, body: Body, rules: Rules) -> None:
        notes = list(opening_of(exchange, exchange.head, body, 0, rules).notes) if exchange.head else []
        if exchange.is_session and edits_of_origins(body.data[:HEAD_BYTES], rules):
            notes.append("the endpoint event points here instead of to the recorded server")
        if exchange.url.startswith("https:"):
            notes.append("https is served as http")
        if unreached(exchange):
            notes.append("where no server was reached, the connection is reset")
        if not body.can_change:
            notes.append("a body whose content coding cannot be undone is served as it came, with the recorded ids")
        for note in notes:
            if note not in self._told:
                self._told.add(note)
                self._log(f"note: {note}")

    async def _refuse(self, request: HttpRequest, asked: Asked, connection: HttpConnection) -> None:
        what = " ".join(filter(None, (request.method, request.path, asked.label)))
        self._log(f"no recorded answer for {what}")
        sentence = f"This is a replay, and there is no recorded answer for {what}."
        if asked.kind is Kind.ANSWER or (asked.kind is Kind.CALL and not asked.ids):
            await connection.respond(202)
            return
        if asked.kind is not Kind.CALL:
            is_method = self._matcher.knows(request.path) and request.method != "POST"
            await connection.respond(405 if is_method else 404, TEXT, f"{sentence}\n".encode())
            return
        error = jsonrpc.error(asked.ids[0], jsonrpc.METHOD_NOT_FOUND, sentence)
        labels = self._matcher.labels(request.path)[:MAX_LABELS]
        error["error"]["data"] = {"method": asked.method, "name": asked.name, "recorded": labels}
        session = next((player for player in reversed(self._players) if player.exchange.is_session), None)
        if session is not None and request.path in self._session_posts:
            await connection.respond(202)
            await session.say(b"event: message\ndata: %s\n\n" % jsontext.dumps(error))
            return
        # A 404 with a session id would tell the client that its session is gone (2025-11-25, session management).
        status = 200 if request.header("mcp-session-id") else 404
        await connection.respond(status, JSON, jsontext.dumps(error))


def _session_posts(script: Script) -> set[str]:
    """The paths that clients of HTTP+SSE send their messages to."""
    sessions = {exchange.connection for exchange in script.exchanges if exchange.is_session}
    return {
        exchange.path
        for exchange in script.exchanges
        if exchange.method == "POST"
        and exchange.connection in sessions
        and exchange.head is not None
        and exchange.head.status == 202
    }


def _kind_of(exchange: Exchange) -> tuple[str, bool, bool]:
    return exchange.method, exchange.is_session, exchange.is_event_stream


def _line(request: HttpRequest, asked: Asked, match: Match, chunks: int) -> str:
    """What is served, in one line."""
    exchange = match.exchange
    status = f"{exchange.head.status}, {chunks} chunks" if exchange.head else "no answer"
    again = ", again" if match.is_repeated else ""
    what = " ".join(filter(None, (request.method, request.path, asked.label)))
    return f"{what} -> stream {exchange.stream} ({match.how}{again}): {status}, {ending_of(exchange).value}"
