"""What a file is, is found out by what it holds; and nothing that a file holds raises anything but `ImportFailed`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.record import importing
from inspector.record.formats import jsonl
from inspector.record.importing import ImportFailed, read_events
from inspector.record.text import preview, summary
from inspector.record.timeline import Timeline
from inspector.stats.latency import LatencyStats
from inspector.stats.streams import StreamStats
from tests.support.imports import DATA, check_order, read_content
from tests.support.rivers import Talk

STARTS = (b"{", b"[", b"data:", b":", b"HTTP/1.1 200 OK\r\n", b'{"n":0,"at":"","monotonic_ns":')
FILES = sorted(DATA.iterdir())
HOSTILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
JUNK: Any = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["2026-03-01T10:00:00Z", '{"jsonrpc":"2.0","id":1}', "text/event-stream", "base64", "POST"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)


def survives(folder: Path, content: bytes) -> None:
    """Import it and show it everywhere."""
    try:
        events, _ = read_content(folder, content)
    except ImportFailed as failure:
        assert failure.sentence.startswith("capture ")
        assert failure.sentence.endswith(".")
        return
    assert [event.n for event in events] == list(range(len(events)))
    timeline = Timeline()
    timeline.fold(events)
    LatencyStats().fold(events)
    StreamStats().fold(events)
    for event in events:
        assert jsonl.line(event) and summary(event) is not None and preview(event) is not None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("two-exchanges.har", "HAR of WebInspector"),
        ("inspector-protocol.json", "JSON-RPC log"),
        ("inspector-network.json", "JSON-RPC log"),
        ("json-rpc-logs.json", "JSON-RPC log"),
        ("plain.sse", "raw event stream"),
        ("curl-i.txt", "raw event stream"),
    ],
)
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, name: str, kind: str) -> None:
    copy = tmp_path / "without-a-suffix"
    copy.write_bytes((DATA / name).read_bytes())
    assert read_events(copy).format == kind


def test_our_own_lines_are_known(tmp_path: Path) -> None:
    talk = Talk()
    talk.calls(1)
    path = tmp_path / "x"
    path.write_bytes(b"".join(map(jsonl.line, talk.since(0))))
    imported = read_events(path)
    assert imported.format == "JSON lines of trace events"
    assert list(imported.events) == talk.since(0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_was_imported_is_exported_and_read_back_the_same(tmp_path: Path, path: Path) -> None:
    events = list(read_events(path).events)
    check_order(events)
    back, notes = read_content(tmp_path, b"".join(map(jsonl.line, events)))
    assert (back, notes) == (events, [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"\x1f\x8b\x08", "Unpack it"),
        (b"x\x9c\x01", "Save it as .har."),
        (b"PK\x03\x04", "Unpack it"),
        (b"SQLite format 3\0", "open it instead"),
        (b"\xff\xfed\0a\0", "UTF-16"),
        (b"<!doctype html>", "It is HTML or XML"),
        (b"hello world\n", "begins with `hello world`"),
        (b"\x00\x01\x02", "nothing we know"),
        (b'{"log": {"entries": []}}', "without any exchange"),
        (b'{"mcpServers": {}}', "with the keys mcpServers"),
        (b"{}", "with nothing in it"),
        (b"[]", "without a JSON-RPC message in it"),
        (b"[1, 2]", "without a JSON-RPC message in it"),
        (b'{"log": {"entries": [{', "breaks off or is broken at line 1, column 23"),
        (b"[" * 100_000, "Nested deeper than 200 levels"),
    ],
)
def test_a_file_that_is_something_else_is_told_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ImportFailed, match=r"capture") as raised:
        read_content(tmp_path, content)
    assert words in raised.value.sentence
    assert len(raised.value.sentence) < 320


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"gone cannot be read: No such file or directory\."):
        read_events(tmp_path / "gone")
    with pytest.raises(ImportFailed, match="is no file"):
        read_events(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImportFailed, match="is no file"):
        read_events(tmp_path / "pipe")


@pytest.mark.parametrize("start", [b'{"log":{"entries":[', b"data: 1\n\n"])
def test_a_file_too_large_to_be_read_as_a_whole_is_not(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "large"
    path.write_bytes(start)
    os.truncate(path, 500_000_000)
    with pytest.raises(ImportFailed, match=r"large has 500\.0 MB\. Such files are read as a whole, up to 209\.7 MB"):
        read_events(path)


def test_a_file_of_too_many_values_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_VALUES", 10)
    with pytest.raises(ImportFailed, match="holds over 10 objects"):
        read_content(tmp_path, [{}] * 10)


@HOSTILE
@given(content=st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    survives(tmp_path, content)


@HOSTILE
@given(start=st.sampled_from(STARTS), content=st.binary(max_size=200))
def test_any_bytes_behind_a_good_start(tmp_path: Path, start: bytes, content: bytes) -> None:
    survives(tmp_path, start + content)


@HOSTILE
@given(path=st.sampled_from(FILES), data=st.data())
def test_a_good_file_with_bytes_changed(tmp_path: Path, path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    survives(tmp_path, bytes(content[: data.draw(st.integers(1, len(content)))]))


def replaced(value: Any, data: st.DataObject, chance: int) -> Any:
    """The same value with junk of any type in some places."""
    if data.draw(st.integers(0, chance)) == 0:
        return data.draw(JUNK)
    if isinstance(value, dict):
        return {key: replaced(item, data, chance) for key, item in value.items()}
    return [replaced(item, data, chance) for item in value] if isinstance(value, list) else value


@HOSTILE
@given(name=st.sampled_from([path.name for path in FILES if path.suffix in (".har", ".json")]), data=st.data())
def test_a_good_file_with_wrong_types_in_it(tmp_path: Path, name: str, data: st.DataObject) -> None:
    value = replaced(json.loads((DATA / name).read_text()), data, 25)
    survives(tmp_path, json.dumps(value).encode())


@HOSTILE
@given(data=st.data())
def test_our_own_lines_with_wrong_types_in_them(tmp_path: Path, data: st.DataObject) -> None:
    talk = Talk()
    talk.calls(1)
    lines = [replaced(json.loads(jsonl.line(event)), data, 25) for event in talk.since(0)]
    survives(tmp_path, jsonl.line(talk[0]) + "".join(f"{json.dumps(line)}\n" for line in lines).encode())
