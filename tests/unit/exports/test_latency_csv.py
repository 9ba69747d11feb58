"""Latency as a table: read back as a spreadsheet would, and never a formula of a peer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from email.utils import formatdate

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.exports.latency_csv import (
    CALL_COLUMNS,
    FIGURE_COLUMNS,
    as_csv,
    call_row,
    figure_rows,
    write_calls,
    write_figures,
)
from inspector.record.extent import EVERYTHING, Extent, OneStream
from inspector.record.redaction import RedactionRules, Redactor
from inspector.stats.call_times import CallTimes
from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import TOTAL_KEY, LatencyStats
from inspector.trace.events import Connected, HeadersReceived, MessageType
from tests.support.rivers import Talk

Table = list[dict[str, str]]


def read(write: Callable[[io.BytesIO], int], columns: tuple[str, ...]) -> Table:
    out = io.BytesIO()
    written = write(out)
    text = out.getvalue().decode()
    assert text.startswith(",".join(columns) + "\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == written
    return rows


def calls_of(talk: Talk, redactor: Redactor | None = None, extent: Extent = EVERYTHING) -> Table:
    return read(lambda out: write_calls(talk, out, redactor, extent), CALL_COLUMNS)


def figures_of(talk: Talk) -> Table:
    return read(lambda out: write_figures(talk, out), FIGURE_COLUMNS)


def echo(talk: Talk, ms: float, name: str = "echo") -> None:
    stream = talk.next_stream()
    asked = talk.ask(stream, name=name)
    talk.wait(ms)
    talk.answer(stream, asked)
    talk.end(stream)


def test_every_call_stands_there_with_all_its_phases() -> None:
    talk = Talk()
    asked = talk.ask(2, name="echo")
    talk.send(2)
    talk.tell(Connected, stream=2, peer="h:1", connect_ms=5.0, resolve_ms=2.0, tls_ms=4.25, socket=3)
    talk.wait(15)
    fields = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1", "ttfb_ms": 15.0, "sent_ms": 11.5, "socket": 3}
    talk.hear(HeadersReceived, 2, headers=(("Server-Timing", "db;dur=4"),), **fields)
    talk.wait(1)
    talk.chunk(2)
    for _ in range(3):
        talk.wait(10.5)
        talk.message(2, MessageType.NOTIFICATION, asked, method="notifications/progress")
    talk.answer(2, asked, rtt_ms=47.5)
    talk.wait(2)
    talk.end(2)
    (row,) = calls_of(talk)
    expected = {
        "request": "0",
        "time": "2023-11-14T22:13:20.000000Z",
        "connection": "1",
        "method_or_tool": "tools/call echo",
        "stream": "2",
        "socket": "3",
        "http_version": "HTTP/1.1",
        "reused_socket": "no",
        "outcome": "answered",
        "resumed": "0",
        "resolve_ms": "2",
        "connect_ms": "3",
        "tls_ms": "4.25",
        "sent_ms": "11.5",
        "headers_ms": "15",
        "first_byte_ms": "16",
        "first_event_ms": "26.5",
        "first_progress_ms": "26.5",
        "last_event_to_end_ms": "2",
        "total_ms": "47.5",
        "server_ms": "4",
        "server_source": "Server-Timing",
        "network_ms": "11",
        "one_way_raw_ms": "",
        "one_way_corrected_ms": "",
        "clock_uncertainty_ms": "",
        "gaps": "3",
        "gap_min_ms": "0",
        "gap_mean_ms": "7",
        "gap_p50_ms": "10.5",
        "gap_p95_ms": "10.5",
        "gap_p99_ms": "10.5",
        "gap_max_ms": "10.5",
        "gap_jitter_ms": "5.25",
    }
    assert row == expected


def test_calls_without_an_end_are_there_too_and_each_once() -> None:
    talk = Talk()
    for ms in range(1, 1_201):
        echo(talk, ms)
    lasting = talk.ask(9_000, name="lasting")
    rows = calls_of(talk)
    assert sorted(float(row["total_ms"]) for row in rows[:-1]) == [float(ms) for ms in range(1, 1_201)]
    assert (rows[-1]["request"], rows[-1]["outcome"], rows[-1]["total_ms"]) == (str(lasting.n), "in flight", "")


def test_the_calls_of_one_stream() -> None:
    talk = Talk()
    for _ in range(3):
        echo(talk, 5)
    assert [row["stream"] for row in calls_of(talk, extent=OneStream(2))] == ["2"]


def test_known_calls_are_written_as_those_of_the_river() -> None:
    talk = Talk()
    for ms in (5, 7):
        echo(talk, ms)
    calls, offsets = talk.into(CallTimes()), talk.into(ClockOffsets())
    rows = [call_row(call, offsets.offset(call.connection)) for call in calls.timings()]
    out = io.BytesIO()
    write_calls(talk, out)
    assert as_csv(CALL_COLUMNS, rows) == out.getvalue()


def test_a_one_way_time_is_raw_and_corrected() -> None:
    talk = Talk()  # the server's clock is 100 s ahead
    asked = talk.ask(1)
    talk.send(1)
    headers = (("Date", formatdate(talk.clock.time() + 100, usegmt=True)),)
    talk.hear(HeadersReceived, 1, status=200, reason="", http_version="HTTP/2", ttfb_ms=0.0, headers=headers)
    talk.wait(20)
    raw = b'{"result":{"_meta":{"sent":"%s"}}}' % b"2023-11-14T22:15:00.010Z"
    talk.answer(1, asked, raw=raw)
    talk.end(1)
    (row,) = calls_of(talk)
    assert float(row["one_way_raw_ms"]) == pytest.approx(-99_990)
    uncertainty_ms = float(row["clock_uncertainty_ms"])
    assert abs(float(row["one_way_corrected_ms"]) - 10) <= uncertainty_ms < 20


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", " =", "＝", "\r", "\n@"])
def test_no_name_of_a_tool_is_taken_for_a_formula(begin: str) -> None:
    talk = Talk()
    asked = talk.ask(1, method=f'{begin}HYPERLINK("http://h","x")', name=None)
    talk.answer(1, asked)
    talk.end(1)
    for rows in (calls_of(talk), figures_of(talk)):
        shown = rows[0]["method_or_tool"]
        assert not shown.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
        assert "HYPERLINK" in shown


@given(st.text(max_size=30))
def test_any_name_makes_one_line_and_one_cell(name: str) -> None:
    talk = Talk()
    asked = talk.ask(1, name=name)
    talk.answer(1, asked)
    talk.end(1)
    out = io.BytesIO()
    write_calls(talk, out)
    rows = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    assert [len(row) for row in rows] == [len(CALL_COLUMNS)] * 2


def test_the_figures_of_each_window_are_numpys() -> None:
    talk = Talk()
    early = [5.0, 50.0, 20.0]
    for ms in early:
        echo(talk, ms)
    talk.wait(120_000)
    late = [7.0, 70.0]
    for ms in late:
        echo(talk, ms)
    rows = {(row["method_or_tool"], row["window"], row["phase"]): row for row in figures_of(talk)}
    for key in ("tools/call echo", TOTAL_KEY):
        for window, values in (
            ("last minute", late),
            ("last 10 minutes", early + late),
            ("session", early + late),
        ):
            row = rows[key, window, "total"]
            assert (row["count"], row["exact"]) == (str(len(values)), "yes")
            for p in (50, 95, 99):
                assert float(row[f"p{p}_ms"]) == pytest.approx(float(numpy.percentile(values, p)))
    assert {window for _, window, _ in rows} == {"last minute", "last 10 minutes", "session"}


def test_the_window_since_a_mark_is_there_where_there_is_a_mark() -> None:
    talk = Talk()
    echo(talk, 5)
    mark_ns = talk.clock.monotonic_ns() + 1
    echo(talk, 9)
    latency = talk.into(LatencyStats())
    rows = figure_rows(latency, talk.clock.monotonic_ns(), mark_ns)
    marked = [(row[0], row[6]) for row in rows if row[1:3] == ["since the mark", "total"]]
    assert marked == [("tools/call echo", 9.0), (TOTAL_KEY, 9.0)]


def test_a_table_without_calls_has_its_head() -> None:
    assert calls_of(Talk()) == figures_of(Talk()) == []


def test_names_are_masked() -> None:
    talk = Talk()
    echo(talk, 5, name="ACME-123456")
    rows = calls_of(talk, Redactor(RedactionRules(patterns=(r"ACME-\d{6}",))))
    assert "123456" not in rows[0]["method_or_tool"]
