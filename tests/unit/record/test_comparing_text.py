"""A comparison in words."""

from __future__ import annotations

from typing import Any

from inspector.record import comparing_text
from inspector.record.comparing import ABSENT, Comparison, compare
from inspector.record.comparing_text import Line, Section, Sign, diff, headline, lines, sections, to_markdown
from inspector.record.offered import Offered
from tests.unit.record.test_offered import Session, text, tool


def session(tools: list[dict[str, Any]], calls: list[tuple[str, Any, Any]], rtt_ms: float = 2.0) -> Offered:
    river = Session()
    river.hello()
    river.exchange("tools/list", {}, {"tools": tools})
    for name, arguments, result in calls:
        asked = river.request("tools/call", {"name": name, "arguments": arguments}, name=name)
        river.reply(asked, result, rtt_ms=rtt_ms)
    return river.into(Offered())


def sample() -> Comparison:
    left = session([tool("a"), tool("b", "old"), tool("same")], [("a", {"n": 1}, text("x")), ("b", {}, text("y"))])
    right = session(
        [tool("b", "new"), tool("c"), tool("same")],
        [("a", {"n": 1}, text("z")), ("a", {"n": 2}, text("q"))],
        rtt_ms=5.0,
    )
    return compare(left, right)


def section(title: str, comparison: Comparison | None = None) -> Section:
    found = {section.title: section for section in sections(comparison or sample())}
    return found[title]


def test_the_sections() -> None:
    told = {section.title: section.told for section in sections(sample())}
    assert told == {
        "Server": "the same",
        "Tools": "1 added, 1 removed, 1 changed, 1 the same",
        "Resources": "none on either side",
        "Resource templates": "none on either side",
        "Prompts": "none on either side",
        "Results": "1 added, 1 removed, 1 changed",
        "Latency": "4 methods",
    }


def test_entries_of_tools() -> None:
    told = [(entry.sign, entry.name, entry.told) for entry in section("Tools").entries]
    assert told == [
        (Sign.ADDED, "c", "only right"),
        (Sign.REMOVED, "a", "only left"),
        (Sign.CHANGED, "b", "/description"),
    ]


def test_a_changed_tool_line_by_line() -> None:
    changed = section("Tools").entries[2]
    assert [line for line in lines(changed) if line.sign != " "] == [
        Line("-", '  "description": "old",'),
        Line("+", '  "description": "new",'),
    ]
    assert lines(changed)[0] == Line(" ", "≠ /description")


def test_what_is_new_stands_there_as_a_whole() -> None:
    added = lines(section("Tools").entries[0])
    assert {line.sign for line in added} == {"+"}
    assert any('"name": "c"' in line.text for line in added)


def test_a_call_leads_to_its_rows() -> None:
    entries = section("Results").entries
    assert [(entry.sign, entry.name, entry.told) for entry in entries] == [
        (Sign.CHANGED, 'a {"n":1}', "/content/0/text"),
        (Sign.REMOVED, "b {}", "only left: result"),
        (Sign.ADDED, 'a {"n":2}', "only right: result"),
    ]
    assert entries[0].left_n == entries[0].right_n == 6
    assert entries[1].right_n is None and entries[2].left_n is None
    said = [line.text for line in lines(entries[0])]
    assert 'arguments {"n":1}' in said and "result in 2.00 ms" in said and "result in 5.00 ms" in said


def test_same_calls_come_last() -> None:
    one, other = (
        session([], [("a", {}, text("same")), ("b", {}, text(said)), ("c", {}, text("same"))]) for said in "xy"
    )
    assert [entry.name[0] for entry in section("Results", compare(one, other)).entries] == ["b", "a", "c"]


def test_latency_in_figures() -> None:
    entry = next(entry for entry in section("Latency").entries if entry.name == "tools/call a")
    assert entry.told == "p50 2.00 ms → 5.00 ms (+3.00 ms)"
    assert [line.text.split() for line in lines(entry)] == [
        ["left", "right", "difference"],
        ["answers", "1", "2"],
        ["p50", "2.00", "ms", "5.00", "ms", "+3.00", "ms"],
        ["p95", "2.00", "ms", "5.00", "ms", "+3.00", "ms"],
    ]


def test_one_side_without_figures() -> None:
    entry = next(entry for entry in section("Latency").entries if entry.name == "tools/call b")
    assert entry.told == "p50 2.00 ms → –"


def test_headlines() -> None:
    assert headline(sample()) == "3 definitions differ, 3 calls of 3 differ"
    one = session([], [])
    assert headline(compare(one, one)) == "Nothing differs but the times"


def test_only_the_piece_of_a_long_text_that_differs_stands_out() -> None:
    found = diff("x" * 5_000 + "a", "x" * 5_000 + "b")
    assert [(line.sign, len(line.text)) for line in found if line.sign != " "] == [("-", 3), ("+", 3)]


def test_very_many_lines_are_cut() -> None:
    found = diff(list(range(100_000)), ABSENT)
    assert len(found) <= comparing_text.MAX_LINES + 2
    assert found[-1] == Line("-", "…")


def test_very_many_entries_are_cut() -> None:
    many = compare(session([], []), session([tool(str(number)) for number in range(600)], []))
    found = section("Tools", many)
    assert (len(found.entries), found.left_out, found.told) == (500, 100, "600 added")


def test_control_characters_are_shown_as_escapes() -> None:
    (entry,) = section("Tools", compare(session([], []), session([tool("a\u202eb\n", "c\u202ed")], []))).entries
    assert entry.name == r"a\u202eb\n"
    assert any(r"c\u202ed" in line.text for line in lines(entry))


def test_markdown() -> None:
    written = to_markdown(sample(), "yester|day.mcptrace", "today.mcptrace")
    assert "- **left:** yester\\|day.mcptrace" in written
    assert "## Tools: 1 added, 1 removed, 1 changed, 1 the same" in written
    assert '```diff\n ≠ /description\n \n {\n-  "description": "old",\n+  "description": "new",' in written
    assert "| tools/call a | 1 | 2.00 ms | 2.00 ms | 2 | 5.00 ms | 5.00 ms | +3.00 ms |" in written


def test_a_fence_in_a_text_does_not_end_the_block() -> None:
    written = to_markdown(compare(session([], []), session([tool("a", "```\n# x")], [])), "l", "r")
    assert written.count("````") == 2
