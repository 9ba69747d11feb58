"""HTTP archives: valid for those who read them, with all that happened, in bounded memory."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tracemalloc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.record.extent import EVERYTHING, Extent, OneStream, rows_of
from inspector.record.formats.har import write_har
from inspector.record.redaction import RedactionRules, Redactor
from inspector.record.timeline import Timeline
from inspector.trace.events import (
    BodyReceived,
    Connected,
    EndCause,
    FrameReceived,
    HeadersReceived,
    MessageType,
    Redirected,
    SessionReady,
)
from inspector.trace.river import River
from tests.support.rivers import Talk

REQUIRED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "log": {"version": str, "creator": dict, "entries": list},
    "creator": {"name": str, "version": str},
    "page": {"startedDateTime": str, "id": str, "title": str, "pageTimings": dict},
    "entry": {
        **{"startedDateTime": str, "time": (int, float), "request": dict, "response": dict, "cache": dict},
        "timings": dict,
    },
    "request": {
        **{"method": str, "url": str, "httpVersion": str, "cookies": list, "headers": list, "queryString": list},
        **{"headersSize": int, "bodySize": int},
    },
    "response": {
        **{"status": int, "statusText": str, "httpVersion": str, "cookies": list, "headers": list, "content": dict},
        **{"redirectURL": str, "headersSize": int, "bodySize": int},
    },
    "content": {"size": int, "mimeType": str},
    "postData": {"mimeType": str, "text": str, "params": list},
    "timings": {"send": (int, float), "wait": (int, float), "receive": (int, float)},
    "pair": {"name": str, "value": str},
}
"""What HAR 1.2 requires of each object."""


def check(value: dict[str, Any], kind: str) -> None:
    for name, wanted in REQUIRED[kind].items():
        assert isinstance(value.get(name), wanted), f"{kind}.{name} is {value.get(name)!r}"


def archive(river: River, redactor: Redactor | None = None, extent: Extent = EVERYTHING) -> dict[str, Any]:
    """The archive, checked against what the format requires."""
    out = io.BytesIO()
    count = write_har(river, out, redactor, extent)
    log: dict[str, Any] = json.loads(out.getvalue())["log"]
    check(log, "log")
    check(log["creator"], "creator")
    assert log["version"] == "1.2" and len(log["entries"]) == count
    ids = {page["id"] for page in log["pages"]}
    for page in log["pages"]:
        check(page, "page")
    for entry in log["entries"]:
        check(entry, "entry")
        for name in ("request", "response", "timings"):
            check(entry[name], name)
        check(entry["response"]["content"], "content")
        if "postData" in entry["request"]:
            check(entry["request"]["postData"], "postData")
        for side in ("request", "response"):
            for pair in entry[side]["headers"] + entry[side]["cookies"] + entry["request"]["queryString"]:
                check(pair, "pair")
        assert min(entry["timings"][name] for name in ("send", "wait", "receive")) >= 0
        assert entry["pageref"] in ids
    return log


def headers(talk: Talk, stream: int, *pairs: tuple[str, str], status: int = 200) -> None:
    talk.hear(HeadersReceived, stream, status=status, reason="OK", http_version="HTTP/1.1", headers=pairs, ttfb_ms=4.0)


def test_an_exchange_with_an_event_stream() -> None:
    talk = Talk()
    request_headers = (("Content-Type", "application/json"), ("Cookie", "a=b"))
    talk.send(1, url="http://h/mcp?x=1&y=", headers=request_headers, body=b'{"a":"\xc3\xa4"}')
    talk.wait(10)
    talk.tell(Connected, stream=1, peer="127.0.0.1:80", connect_ms=3.0, tls_ms=2.0)
    headers(talk, 1, ("content-type", "text/event-stream"))
    talk.wait(5)
    talk.chunk(1, b": hi\n\nevent: e\nid: 1\nretry: 5\ndata: x\n\n")
    talk.comment(1, " hi")
    raw = b"event: e\nid: 1\nretry: 5\ndata: x\n\n"
    talk.hear(FrameReceived, 1, raw=raw, offset=6, event="e", event_id="1", retry_ms=5)
    talk.end(1)
    entry = archive(talk)["entries"][0]
    assert entry["timings"] == {
        **{"blocked": 1.0, "dns": -1, "connect": 5.0, "ssl": 2.0, "send": 0.0, "wait": 4.0, "receive": 5.0}
    }
    assert entry["time"] == 15.0
    assert (entry["serverIPAddress"], entry["connection"]) == ("127.0.0.1", "80")
    assert entry["request"]["queryString"] == [{"name": "x", "value": "1"}, {"name": "y", "value": ""}]
    assert entry["request"]["postData"]["text"] == '{"a":"ä"}'
    assert entry["request"]["cookies"] == [{"name": "a", "value": "b"}]
    content = entry["response"]["content"]
    assert content == {"size": 39, "mimeType": "text/event-stream", "text": content["text"]}
    assert content["text"].startswith(": hi\n\nevent: e\n")
    comment, event = entry["_eventStream"]
    assert comment["comment"] == " hi"
    assert {name: event[name] for name in ("event", "id", "data", "retry", "offset", "size")} == {
        **{"event": "e", "id": "1", "data": "x", "retry": 5, "offset": 6, "size": 33}
    }
    assert event["time"] == talk[5].at
    assert entry["_mcp"]["end"] == "complete"


def test_name_look_up_and_sending_have_their_own_share_where_they_were_timed() -> None:
    talk = Talk()
    talk.send(1)
    talk.wait(10)
    talk.tell(Connected, stream=1, peer="127.0.0.1:80", connect_ms=3.0, tls_ms=2.0, resolve_ms=1.0)
    fields = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1", "headers": ()}
    talk.hear(HeadersReceived, 1, ttfb_ms=10.0, sent_ms=6.5, **fields)
    talk.end(1)
    entry = archive(talk)["entries"][0]
    assert entry["timings"] == {
        **{"blocked": 0.0, "dns": 1.0, "connect": 4.0, "ssl": 2.0, "send": 1.5, "wait": 3.5, "receive": 0.0}
    }
    assert entry["time"] == 10.0


def test_bodies_that_are_no_text_are_base64() -> None:
    talk = Talk()
    talk.send(1, body=b"\xff\x00")
    headers(talk, 1, ("content-type", "image/png"))
    talk.chunk(1, b"\x89P\xe4")
    talk.hear(BodyReceived, 1, content_type="image/png", raw=b"\x89P\xe4")
    talk.end(1)
    entry = archive(talk)["entries"][0]
    content = entry["response"]["content"]
    assert (content["encoding"], base64.b64decode(content["text"])) == ("base64", b"\x89P\xe4")
    assert base64.b64decode(entry["request"]["postData"]["text"]) == b"\xff\x00"


def test_a_compressed_body_is_unpacked() -> None:
    talk = Talk()
    talk.send(1)
    headers(talk, 1, ("content-type", "text/plain"), ("content-encoding", "gzip"))
    packed = gzip.compress(b'{"token":"abc"}' * 50)
    talk.chunk(1, packed)
    talk.end(1)
    response = archive(talk, Redactor(RedactionRules()))["entries"][0]["response"]
    assert response["content"]["text"] == '{"token":"***"}' * 50
    assert (response["bodySize"], response["content"]["compression"]) == (len(packed), 750 - len(packed))


def test_a_body_without_chunks_is_taken_from_its_message() -> None:
    talk = Talk()
    talk.calls(1)
    headers(talk, 1, ("content-type", "application/json"))
    talk.hear(BodyReceived, 1, content_type="application/json", raw=b"{}")
    assert archive(talk)["entries"][0]["response"]["content"]["text"].endswith("{}")


def test_a_failed_exchange() -> None:
    talk = Talk()
    talk.send(1)
    talk.wait(7)
    talk.end(1, EndCause.REFUSED, "Nobody listens.", error="ConnectionRefusedError")
    entry = archive(talk)["entries"][0]
    assert entry["response"]["status"] == 0
    assert entry["_error"] == "ConnectionRefusedError"
    assert entry["timings"]["wait"] == 7.0


def test_a_redirect_makes_two_entries() -> None:
    talk = Talk()
    talk.send(1, url="http://h/a")
    headers(talk, 1, ("location", "/b"), status=307)
    talk.hear(Redirected, 1, status=307, location="/b", followed=True, reason="")
    talk.send(1, url="http://h/b")
    headers(talk, 1)
    first, second = archive(talk)["entries"]
    assert (first["response"]["redirectURL"], first["response"]["status"]) == ("/b", 307)
    assert second["request"]["url"] == "http://h/b"
    assert "_state" not in first and second["_state"] == "open"


def test_entries_stand_in_the_order_of_their_start() -> None:
    talk = Talk()
    for stream in (1, 2, 3):
        talk.send(stream)
    for stream in (3, 1):
        talk.end(stream)
    log = archive(talk)
    assert [entry["_mcp"]["stream"] for entry in log["entries"]] == [1, 2, 3]
    assert [entry["_mcp"]["stream"] for entry in archive(talk, extent=OneStream(2))["entries"]] == [2]


def test_the_exchanges_that_have_one_of_the_rows_are_there_whole() -> None:
    talk = Talk()
    talk.send(1, body=b'{"token":"s3cret-0123456789"}')
    for stream in (2, 3):
        talk.send(stream, url="http://h/s3cret-0123456789")
        talk.headers(stream)
        talk.comment(stream)
        talk.chunk(stream, b"data: 1\n\n")
        talk.end(stream)
    timeline = talk.into(Timeline())
    comment = next(row for row in range(len(timeline)) if timeline.kind_word(row) == "comment")
    (entry,) = archive(talk, Redactor(RedactionRules()), rows_of(timeline, [comment]))["entries"]
    assert entry["_mcp"]["stream"] == 2 and "data: 1" in entry["response"]["content"]["text"]
    assert entry["request"]["url"] == f"http://h/{'*' * 17}"  # what is left out tells of secrets, too


def test_sessions_and_pages_tell_what_was_spoken() -> None:
    talk = Talk()
    talk.send(1)
    talk.tell(
        SessionReady, transport="streamable-http", protocol_version="2025-11-25", server_name="s", server_version="1"
    )
    log = archive(talk)
    assert log["pages"][0]["title"] == "http://h/mcp"
    assert (log["_mcp"][0]["transport"], log["_mcp"][0]["protocolVersion"]) == ("streamable-http", "2025-11-25")


def test_an_empty_river_is_an_empty_archive() -> None:
    assert archive(Talk())["entries"] == []


@given(st.lists(st.binary(max_size=60), max_size=6), st.text(max_size=30), st.binary(max_size=40))
def test_any_bytes_make_a_valid_archive(chunks: list[bytes], said: str, body: bytes) -> None:
    talk = Talk()
    url = "http://h/?" + said.encode("utf-8", "replace").decode()
    talk.send(1, url=url, body=body, headers=(("a", said), ("cookie", said)))
    headers(talk, 1, ("content-type", said), ("set-cookie", said))
    for chunk in chunks:
        talk.chunk(1, chunk)
        talk.message(1, MessageType.INVALID, raw=chunk)
    talk.end(1)
    for redactor in (None, Redactor(RedactionRules())):
        content = archive(talk, redactor)["entries"][0]["response"]["content"]
        text = content.get("text", "")
        data = base64.b64decode(text) if content.get("encoding") else text.encode()
        assert len(data) == content["size"] == sum(map(len, chunks))
        assert redactor is not None or data == b"".join(chunks)


class Endless(River):
    """One stream of as many events as wanted, none of which is kept."""

    def __init__(self, count: int) -> None:
        super().__init__()
        talk = Talk()
        self._start = [talk.send(1), talk.headers(1)]
        self._chunk = talk.chunk(1, b"data: 0123456789\n\n" * 4)
        self._frame = talk.hear(FrameReceived, 1, raw=b"data: 0123456789\n\n" * 4)
        self._count = count

    def __len__(self) -> int:
        return self._count

    def since(self, n: int, limit: int | None = None) -> list[Any]:
        numbers = range(n, min(self._count, n + (limit or self._count)))
        return [self._start[n] if n < 2 else self._chunk if n % 2 else self._frame for n in numbers]


def test_a_long_stream_takes_little_memory() -> None:
    class Nowhere(io.RawIOBase):
        written = 0

        def write(self, data: Any) -> int:
            self.written += len(data)
            return len(data)

    out = Nowhere()
    tracemalloc.start()
    try:
        write_har(Endless(100_000), out)  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert out.written > 8_000_000
    assert peak < 3_000_000
