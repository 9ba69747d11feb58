"""Keeping recordings: whole or not at all, with every reference right."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path

import pytest

from inspector.record import saving
from inspector.record.recording import open_recording
from inspector.record.saving import save_copy, save_events, save_last
from inspector.record.store import Store, StoreError
from inspector.trace.events import (
    AnyEvent,
    ConnectionState,
    ExchangeFailed,
    Message,
    Outcome,
    RequestSent,
    SessionReady,
    Severity,
    Violation,
)
from tests.support.rivers import Talk
from tests.support.stored import ask, put, read_back, record


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "kept.mcptrace"


def only(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_live_recording_can_be_copied(river: Talk, path: Path, target: Path) -> None:
    store = Store(path)
    river.calls(100)
    put(store, river.since(0))
    store.mark(3, "odd")
    store.note(url="u")
    assert store.flush()
    save_copy(path, target)
    river.calls(1)
    store.close()
    assert read_back(target) == river.since(0, 400) == read_back(path)
    assert ask(target, "SELECT * FROM mark") == [(3, "odd")] and ask(target, "SELECT * FROM fact") == [("url", "u")]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert only(target.parent) == ["kept.mcptrace", "one.mcptrace"]


def test_a_copy_replaces_what_the_user_chose(river: Talk, path: Path, target: Path) -> None:
    target.write_bytes(b"old")
    river.calls(1)
    record(path, river.since(0))
    save_copy(path, target)
    assert read_back(target) == river.since(0)


def test_what_is_being_recorded_is_never_replaced(river: Talk, path: Path) -> None:
    store = Store(path)
    river.calls(1)
    put(store, river.since(0))
    assert store.flush()
    for save in (lambda: save_copy(path, path), lambda: save_events(river.since(0), path)):
        with pytest.raises(StoreError) as caught:
            save()
        assert caught.value.sentence == f"{str(path)!r} is being recorded just now. Choose another name."
    store.close()
    assert read_back(path) == river.since(0)


def test_what_cannot_be_copied_leaves_the_target_alone(path: Path, target: Path) -> None:
    target.write_bytes(b"old")
    path.write_bytes(b"no recording at all" * 100)
    with pytest.raises(StoreError) as caught:
        save_copy(path, target)
    assert caught.value.sentence.endswith("Choose another place.") and target.read_bytes() == b"old"
    with pytest.raises(StoreError):
        save_copy(path, target / "below" / "a file")
    assert only(target.parent) == ["kept.mcptrace", "one.mcptrace"]


def test_a_save_that_ends_in_the_midst_leaves_no_half_file(river: Talk, target: Path) -> None:
    river.calls(500)
    target.write_bytes(b"old")

    def some() -> list[AnyEvent]:
        assert only(target.parent)[0].startswith(".saving-"), "nothing stands under the target's name yet"
        raise KeyboardInterrupt

    def events() -> object:
        yield from river.since(0, 1_000)
        yield from some()

    with pytest.raises(KeyboardInterrupt):
        save_events(events(), target)  # type: ignore[arg-type]
    assert target.read_bytes() == b"old" and only(target.parent) == ["kept.mcptrace"]


def test_a_full_disk_while_saving_is_said(river: Talk, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Store):
        def __init__(self, path: Path, reserve_bytes: int) -> None:
            super().__init__(path, reserve_bytes)
            self._connection.execute("PRAGMA max_page_count = 1")

    monkeypatch.setattr(saving, "Store", Full)
    river.calls(100)
    with pytest.raises(StoreError) as caught:
        save_events(river.since(0), target)
    assert caught.value.sentence.startswith("The disk is full.") and only(target.parent) == []


def test_events_from_elsewhere_become_a_recording(river: Talk, target: Path) -> None:
    river.calls(400)
    assert save_events(iter(river.since(0)), target, {"source": "a.har"}, {2: "see"}) == 1_600
    assert read_back(target) == river.since(0)
    with closing(open_recording(target)) as recording:
        assert (recording.facts(), recording.marks()) == ({"source": "a.har"}, {2: "see"})


def hours(river: Talk) -> None:
    """An old session, and a last minute that depends on it."""
    river.state(ConnectionState.CONNECTING)
    river.tell(
        SessionReady, transport="t", protocol_version="2025-11-25", server_name="s", server_version="1", stream=1
    )
    river.calls(50)
    asked = river.ask(90, name="slow", id="old", raw=b'{"id":"old"}')
    river.send(90, body=b'{"id":"old"}')
    river.headers(90)
    lost = river.ask(91, id="lost")
    river.wait(3_600_000)
    river.chunk(90, b"data: {}\n\n")
    river.answer(90, asked, id="old", raw=b"data: {}\n\n", rtt_ms=3.6e6)
    river.fail(lost, Outcome.LOST)
    river.tell(ExchangeFailed, request_n=-1, method="m", id=None, outcome=Outcome.LOST, reason="r", elapsed_ms=1.0)
    river.tell(Violation, rule="r", severity=Severity.NOTE, text="t", about_n=len(river) - 3)
    river.ask(92, id="new", raw=b"{}")
    river.send(92, body=b"{}")


def test_the_last_minutes_keep_what_they_depend_on(river: Talk, path: Path, target: Path) -> None:
    hours(river)
    store = Store(path)
    put(store, river.since(0))
    for n, comment in ((1, "ready"), (5, "far away"), (len(river) - 1, "last")):
        store.mark(n, comment)
    store.close()
    with closing(open_recording(path)) as recording:
        count = save_last(recording, 60.0, target)
    kept = read_back(target)
    assert [event.n for event in kept] == list(range(count)) and count == len(kept) == 13
    kinds = [event.kind for event in kept]
    assert kinds[:6] == ["state", "session.ready", "message", "http.request", "http.response", "message"]
    assert kinds[6:] == ["chunk", "message", *["exchange.failed"] * 2, "violation", "message", "http.request"]
    answer, lost, unknown, violation = kept[7], kept[8], kept[9], kept[10]
    assert (answer.request_n, lost.request_n, unknown.request_n) == (2, 5, -1)  # type: ignore[union-attr]
    assert isinstance(violation, Violation) and violation.about_n == 7
    assert isinstance(kept[3], RequestSent) and kept[3].body == b'{"id":"old"}'
    with closing(open_recording(target)) as recording:
        assert recording.marks() == {1: "ready", 12: "last"}


def test_what_an_earlier_event_was_about_may_be_gone(river: Talk, path: Path, target: Path) -> None:
    asked = river.ask(1, id=1)
    stop = river.ask(1, method="notifications/cancelled", request_n=asked.n)
    river.wait(3_600_000)
    river.answer(1, stop, id=1)
    record(path, river.since(0))
    with closing(open_recording(path)) as recording:
        assert save_last(recording, 60.0, target) == 2
    kept = read_back(target)
    assert [event.request_n for event in kept if isinstance(event, Message)] == [None, 0]
