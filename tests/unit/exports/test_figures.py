"""The figures of a report."""

from __future__ import annotations

import io

from inspector.exports import figures
from inspector.record.extent import rows_of
from inspector.record.formats.markdown import write_markdown
from inspector.record.redaction import RedactionRules, Redactor
from inspector.record.timeline import Timeline
from inspector.trace.events import ConnectionState, EndCause, SessionReady, Severity, Violation
from tests.support.rivers import Talk


def report_of(talk: Talk, redactor: Redactor | None = None) -> str:
    out = io.BytesIO()
    write_markdown(figures.fold(talk, redactor).report(), out)
    return out.getvalue().decode()


def a_talk() -> Talk:
    talk = Talk()
    talk.send(1, url="http://h/mcp?token=abcdef")
    facts = {"transport": "streamable-http", "protocol_version": "2025-11-25"}
    talk.tell(SessionReady, server_name="demo", server_version="1", **facts)
    talk.state(ConnectionState.OPEN, reason="It stands.")
    talk.calls(3)
    talk.wait(1500)
    talk.state(ConnectionState.RECONNECTING, reason="It fell.", delay_ms=500.0, asked_ms=250, attempt=1)
    talk.tell(Violation, rule="sse-odd", severity=Severity.WARN, text="A byte order mark.", fix="Drop it.")
    talk.end(1, EndCause.RESET, "The server reset it.")
    return talk


def test_a_report_tells_what_somebody_needs_who_was_not_there() -> None:
    said = report_of(a_talk())
    for part in (
        "# Report on demo\n",
        "- **Server:** demo 1\n",
        "- **Protocol revision:** 2025-11-25\n",
        "- **Transport:** streamable-http\n",
        "- **Duration:** 1.500 s\n",
        "| tools/call echo | 3 | 0 | 0 | 3.2",
        "| 1 | POST tools/call |  | 0 | 1 | 0 B | 1.500 s |  | connection reset |",
        "| reconnecting |  | 500 ms | 250 ms | It fell. |",
        "### ▲ ",
        "A byte order mark. Fix: Drop it.",
        "Python 3.",
    ):
        assert part in said, f"{part!r} is not in\n{said}"


def test_an_empty_river_has_a_report_too() -> None:
    assert "# Report on a recording" in report_of(Talk())


def test_no_secret_is_in_it() -> None:
    assert "abcdef" in report_of(a_talk())
    assert "abcdef" not in report_of(a_talk(), Redactor(RedactionRules()))


def test_long_lists_are_cut_and_say_so() -> None:
    talk = Talk()
    for stream in range(1, 1202):
        talk.send(stream)
        talk.end(stream)
    said = report_of(talk)
    assert said.count("| POST tools/call |") == figures.MAX_STREAMS
    assert "The last 50 of 1,201 exchanges." in said


def test_only_the_last_remarkable_events_are_kept() -> None:
    talk = Talk()
    for number in range(100):
        talk.state(ConnectionState.OPEN, reason=f"reason {number}.")
    table = figures.fold(talk).report().tables[-1]
    assert len(table.rows) == figures.LAST_ROWS
    assert table.rows[-1][0] == "99"
    assert table.note == "The last 40 of 100."


def test_chosen_rows_are_listed_and_the_figures_stay_whole() -> None:
    talk = a_talk()
    for _ in range(figures.CHOSEN_ROWS):
        talk.comment(1)
    timeline, secret = talk.into(Timeline()), "sk-abcdefghij0123456789KLMN"
    comments = [row for row in range(len(timeline)) if timeline.kind_word(row) == "comment"]
    out = io.BytesIO()
    chosen = rows_of(timeline, comments, f"which pass the filter {secret} or kind:comment")
    write_markdown(figures.fold(talk, Redactor(RedactionRules()), chosen).report(), out)
    said = out.getvalue().decode()
    listed = said.partition("## Chosen rows\n")[2]
    assert "| tools/call echo | 3 | 0 | 0 | 3.2" in said and "It fell." in said
    assert listed.count(": ping") == figures.CHOSEN_ROWS and "It fell." not in listed
    assert "Only rows which pass the filter sk-" in listed and "The last 1,000 of 1,003." in listed
    assert secret not in said
