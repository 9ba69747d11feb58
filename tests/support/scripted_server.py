"""A server that does what a script says and writes down when it did it; `python -m tests.support.scripted_server`.

It runs in a process of its own, with blocking sockets and a thread for each connection, so that nothing of ours can
delay it. The first line of standard input is the plan: the steps of each GET of an event stream, one list after the
other; the steps of a call stand in its arguments. It ends with its standard input. `GET /log` gives what was done
and when, on the clock of the river (`perf_counter_ns`, one clock for all processes of a machine), read right before
the bytes leave.

Steps: wait MS, headers [FIELDS], text TEXT, progress DONE TOTAL, event ID TEXT, comment TEXT, retry MS, answer,
flood COUNT PER_S, hold, end, fin, rst.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Step = list[Any]

BURST_S = 0.004
_CRLF = b"\r\n"
_TOOL = {"name": "script", "inputSchema": {"type": "object", "properties": {"label": {}, "steps": {}}}}
_STREAM = {"content-type": "text/event-stream", "cache-control": "no-cache", "transfer-encoding": "chunked"}


class Log:
    """What was done, by all threads."""

    def __init__(self) -> None:
        self.entries: list[Json] = []
        self._lock = threading.Lock()

    def add(self, label: str, what: str, ns: int | None = None, **facts: Any) -> None:
        ns = time.perf_counter_ns() if ns is None else ns
        with self._lock:
            self.entries.append({"label": label, "what": what, "ns": ns, **facts})


class Gone(Exception):
    """The connection is closed; there is nobody to serve any more."""


class Performer:
    """One answer, step by step."""

    def __init__(self, peer: socket.socket, log: Log, label: str, request: Json | None = None) -> None:
        self._peer, self._log, self._label = peer, log, label
        self._request: Json = request or {}

    def perform(self, steps: list[Step]) -> None:
        for name, *given in steps:
            getattr(self, f"_do_{name}")(*given)

    def _send(self, what: str, data: bytes, **facts: Any) -> None:
        self._log.add(self._label, what, size=len(data), **facts)
        self._peer.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def _send_message(self, what: str, message: Json, **facts: Any) -> None:
        self._send(what, b"data: " + json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n\n", **facts)

    def _do_wait(self, ms: float) -> None:
        time.sleep(ms / 1e3)

    def _do_headers(self, fields: dict[str, str] | None = None) -> None:
        self._log.add(self._label, "headers")
        self._peer.sendall(head(200, {**_STREAM, **(fields or {})}))

    def _do_text(self, text: str) -> None:
        params = {"level": "info", "data": text}
        self._send_message("event", {"method": "notifications/message", "params": params})

    def _do_progress(self, done: float, total: float) -> None:
        token = self._request["params"]["_meta"]["progressToken"]
        params = {"progressToken": token, "progress": done, "total": total}
        self._send_message("event", {"method": "notifications/progress", "params": params}, is_progress=True)

    def _do_event(self, event_id: str, text: str) -> None:
        self._send("event", f"id: {event_id}\ndata: {json.dumps({'text': text})}\n\n".encode(), id=event_id)

    def _do_comment(self, text: str) -> None:
        self._send("comment", f": {text}\n\n".encode())

    def _do_retry(self, ms: int) -> None:
        self._send("retry", f"retry: {ms}\n\n".encode())

    def _do_answer(self) -> None:
        result = {"content": [{"type": "text", "text": "done"}]}
        self._send_message("event", {"id": self._request["id"], "result": result}, is_answer=True)

    def _do_flood(self, count: int, per_s: float) -> None:
        message = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "flood"}}
        block = b"data: " + json.dumps(message).encode() + b"\n\n"
        chunk = b"%x\r\n%s\r\n" % (len(block), block)
        began, sent = time.perf_counter(), 0
        while sent < count:
            due = min(count, int((time.perf_counter() - began + BURST_S) * per_s))
            if due > sent:
                self._log.add(self._label, "burst", count=due - sent, size=len(block) * (due - sent))
                self._peer.sendall(chunk * (due - sent))
                sent = due
            time.sleep(BURST_S)

    def _do_hold(self) -> None:
        """Until the client has closed its side."""
        while self._peer.recv(65_536):
            pass
        raise Gone

    def _do_end(self) -> None:
        self._log.add(self._label, "end")
        self._peer.sendall(b"0\r\n\r\n")

    def _do_fin(self) -> None:
        self._log.add(self._label, "end")
        self._peer.shutdown(socket.SHUT_RDWR)
        raise Gone

    def _do_rst(self) -> None:
        self._log.add(self._label, "end")
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone


class Server:
    """Streamable HTTP on `/mcp`, an event stream without calls on `/feed`."""

    def __init__(self, gets: list[list[Step]]) -> None:
        self.log = Log()
        self._gets = iter(enumerate(gets, 1))
        self._connections = itertools.count(1)

    def serve(self, listener: socket.socket) -> None:
        while True:
            peer, _ = listener.accept()
            number = next(self._connections)
            self.log.add("server", "accepted", connection=number)
            threading.Thread(target=self._serve_peer, args=(peer, number), daemon=True).start()

    def _serve_peer(self, peer: socket.socket, number: int) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with peer:
            try:
                for method, path, headers, body in requests(peer):
                    self._answer(peer, number, (method, path), headers, body)
            except (Gone, OSError):
                pass

    def _answer(
        self, peer: socket.socket, number: int, target: tuple[str, str], headers: dict[str, str], body: bytes
    ) -> None:
        received_ns = time.perf_counter_ns()
        method, path = target
        if path == "/log":
            respond(peer, 200, self.log.entries)
        elif method == "GET":
            place, steps = next(self._gets, (0, None))
            if steps is None:
                respond(peer, 405, None)
                return
            facts = {"connection": number, "last_event_id": headers.get("last-event-id")}
            self.log.add(f"get-{place}", "request", received_ns, **facts)
            Performer(peer, self.log, f"get-{place}").perform(steps)
        elif method == "POST":
            self._answer_message(peer, number, json.loads(body), received_ns)
        else:
            respond(peer, 200, None)

    def _answer_message(self, peer: socket.socket, number: int, message: Json, received_ns: int) -> None:
        method = message.get("method")
        if "id" not in message:
            respond(peer, 202, None)
        elif method == "tools/call":
            arguments = message["params"]["arguments"]
            self.log.add(arguments["label"], "request", received_ns, connection=number)
            Performer(peer, self.log, arguments["label"], message).perform(arguments["steps"])
        else:
            results: Json = {
                "initialize": {
                    "protocolVersion": "2025-06-18",
                    "capabilities": {"tools": {}, "logging": {}},
                    "serverInfo": {"name": "scripted", "version": "1"},
                },
                "tools/list": {"tools": [_TOOL]},
            }
            respond(peer, 200, {"jsonrpc": "2.0", "id": message["id"], "result": results.get(str(method), {})})


def requests(peer: socket.socket) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    """Method, path, headers and body of each request on a connection."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            if not (more := peer.recv(65_536)):
                return
            data += more
        top, _, data = data.partition(b"\r\n\r\n")
        line, *lines = top.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", 0))
        while len(data) < size:
            data += peer.recv(65_536)
        method, path, _ = line.split(" ")
        yield method, path, headers, data[:size]
        data = data[size:]


def head(status: int, fields: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + _CRLF * 2


def respond(peer: socket.socket, status: int, value: Any) -> None:
    body = b"" if value is None else json.dumps(value).encode()
    peer.sendall(head(status, {"content-type": "application/json", "content-length": str(len(body))}) + body)


def main() -> None:
    plan = json.loads(sys.stdin.readline())
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    server = Server(plan["gets"])
    threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
