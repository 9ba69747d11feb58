"""A check as text, JSON and Markdown."""

from __future__ import annotations

import dataclasses

from inspector.diagnose.finding import Finding
from inspector.exports.check_formats import (
    WIDTH,
    as_json,
    as_markdown,
    as_text,
    facts_of,
    finding_text,
    findings_markdown,
    summary,
)
from inspector.exports.checking import Checked
from inspector.trace.events import Severity

CONSEQUENCE = Finding(
    rule="call-lost",
    severity=Severity.NOTE,
    grade="hint",
    title="A call got no answer",
    text="Call 7 was never answered.",
    fix="",
    requirement="",
    evidence=(7,),
    count=1,
)
CAUSE = Finding(
    rule="idle-cut",
    severity=Severity.ERROR,
    grade="likely",
    title="Cut while <idle>",
    text="The stream was silent for 60.0 s, then cut.\n\nMost recently: it was silent for 60.1 s.",
    fix="With nginx: set `proxy_read_timeout 3600s;`.",
    requirement="nginx: proxy_read_timeout",
    evidence=(3, 9),
    count=2,
    cause="A proxy ends connections on which nothing moves for a minute. " * 3,
    link="https://example.org/idle_timeout",
    first_at_s=1_700_000_000.0,
    over_at_s=1_700_000_100.0,
    dependants=(CONSEQUENCE,),
)
CHECKED = Checked(
    subject="http://h/mcp",
    findings=(CAUSE,),
    server="shop 2",
    transport="http+sse",
    protocol_version="2024-11-05",
    events=1_234,
    seconds=61.0,
)


def test_text_for_people() -> None:
    lines = as_text(CHECKED).splitlines()
    assert lines[0] == "http://h/mcp — shop 2 over http+sse, revision 2024-11-05"
    assert lines[1] == "1 error, 1 note; 0 rules judged in 1,234 events over 1 min 01 s."
    assert lines[2:5] == ["", "ERRORS", ""]
    assert lines[5] == "✖ Cut while <idle>"
    assert lines[6].startswith("  idle-cut · error · likely · 2 times · no longer since ")
    labels = [line[2:17].strip() for line in lines[7:15]]
    assert [label for label in labels if label] == ["Seen", "Likely cause", "What to change", "Source", "Read on"]
    assert "  Evidence       #3, #9" in lines
    under = lines.index("  which explains:")
    assert lines[under + 2 : under + 4] == ["    ● A call got no answer", "      call-lost · note · hint"]
    assert max(map(len, lines)) <= WIDTH


def test_a_cause_stands_among_what_is_as_grave_as_its_consequences() -> None:
    grave = dataclasses.replace(CONSEQUENCE, severity=Severity.ERROR)
    cause = dataclasses.replace(CAUSE, severity=Severity.WARN, dependants=(grave,))
    alone = dataclasses.replace(CAUSE, dependants=())
    lines = as_text(Checked(subject="x", findings=(cause, alone, CONSEQUENCE))).splitlines()
    assert [line for line in lines if line.isupper()] == ["ERRORS", "NOTES"]


def test_a_second_sight_stands_under_the_first() -> None:
    text = finding_text(CAUSE)
    assert "  Seen           The stream was silent for 60.0 s, then cut.\n                 Most recently: it" in text


def test_what_the_peer_said_cannot_break_out() -> None:
    nasty = dataclasses.replace(CONSEQUENCE, text="a\x1b[31mb\nc", title="<script>|")
    checked = Checked(subject="x", findings=(nasty,))
    assert "a\\x1b[31mb c" in as_text(checked) and "\x1b" not in as_text(checked)
    written = as_markdown(checked)
    assert "\\<script\\>\\|" in written and "a\\\\x1b\\[31mb c" in written


def test_nothing_wrong_and_no_connection() -> None:
    assert as_text(Checked(subject="x", events=1)) == "x\nNothing wrong; 0 rules judged in 1 event over 0 µs.\n"
    lost = Checked(subject="x", events=1, error="Nothing listens there.")
    assert as_text(lost) == "x — Nothing listens there.\nNo connection stood, so nothing could be judged.\n"
    assert summary(dataclasses.replace(lost, findings=(CONSEQUENCE,))).startswith("1 note; ")


def test_json_for_programs() -> None:
    document = as_json(CHECKED, Severity.ERROR)
    assert document["counts"] == {"error": 1, "warn": 0, "note": 1, "chat": 0}
    assert (document["ok"], document["fail_on"], document["error"]) == (False, "error", None)
    (finding,) = document["findings"]
    assert (finding["rule"], finding["over_at"], finding["group"]) == ("idle-cut", 1_700_000_100.0, None)
    (under,) = finding["explains"]
    assert (under["rule"], under["fix"], under["evidence"]) == ("call-lost", None, [7])
    notes = Checked(subject="x", findings=(CONSEQUENCE,))
    assert as_json(notes, Severity.WARN)["ok"] and not as_json(notes, Severity.NOTE)["ok"]
    assert not as_json(Checked(subject="x", error="No."), Severity.ERROR)["ok"]


def test_markdown_for_bug_reports() -> None:
    parts = as_markdown(CHECKED).split("\n\n")
    assert parts[0] == "# Check of http://h/mcp"
    assert "## ✖ Cut while \\<idle\\>" in parts and "### ● A call got no answer" in parts
    assert "`call-lost` · note · hint" in parts
    assert "**What to change:** With nginx: set `proxy_read_timeout 3600s;`." in parts
    assert "**Read on:** https://example.org/idle_timeout" in parts
    assert "**Evidence:** \\#3, \\#9" in parts


def test_findings_alone_for_a_section_of_a_report() -> None:
    assert findings_markdown([]) == "No findings.\n"
    odd = dataclasses.replace(CONSEQUENCE, text="a `b` *c*", fix="one ` alone", rule="a`b")
    assert findings_markdown([odd]) == (
        "### ● A call got no answer\n\na\\`b · note · hint\n\n**Seen:** a `b` \\*c\\*\n\n"
        "**What to change:** one \\` alone\n\n**Evidence:** \\#7\n"
    )


def test_facts_say_only_what_is_so() -> None:
    assert facts_of(CONSEQUENCE) == "call-lost · note · hint"
