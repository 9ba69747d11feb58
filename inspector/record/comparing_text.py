"""A comparison in words: sections of entries for a list, lines for one entry, Markdown for all of it."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from inspector.record.comparing import ABSENT, CallPair, Change, Comparison, Difference, LatencyPair, ListChanges
from inspector.record.formats.markdown import Table, escaped, table_lines
from inspector.record.offered import Call, Samples
from inspector.record.text import counted, duration, plain, visible
from inspector.wire import jsontext

MAX_LINES = 2_000
"""So many lines of either side are set against each other."""
MAX_LINE = 1_000
MAX_ENTRIES = 500
_NAME_CHARS = 120
_CONTEXT_LINES = 3
_PATHS_SHOWN = 8
_TITLES = {
    "tools": "Tools",
    "resources": "Resources",
    "resourceTemplates": "Resource templates",
    "prompts": "Prompts",
}
_SERVER = "name, revision and capabilities"
_NONE = "–"


class Sign(enum.StrEnum):
    """What became of an entry, on its way from left to right."""

    ADDED = "+"
    REMOVED = "−"
    CHANGED = "≠"
    SAME = "="
    FIGURE = "·"


WORDS = {
    Sign.ADDED: "added",
    Sign.REMOVED: "removed",
    Sign.CHANGED: "changed",
    Sign.SAME: "the same",
    Sign.FIGURE: "measured",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a comparison. `left_n` and `right_n` are the events to look at, None where there is none."""

    sign: Sign
    name: str
    told: str
    subject: Change | CallPair | LatencyPair
    left_n: int | None = None
    right_n: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Entries of one kind; `left_out` of them are not listed, `told` counts them all."""

    title: str
    told: str
    entries: tuple[Entry, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the two sides set against each other: of the left only `-`, of the right only `+`, of both a space."""

    sign: str
    text: str


def sections(comparison: Comparison) -> list[Section]:
    """All of it, in the order of interest; a section without differences says so."""
    server = comparison.server
    found = [
        Section("Server", "changed", (_changed(server, _SERVER),)) if server else Section("Server", "the same", ()),
        *(_list_section(_TITLES[kind], changes) for kind, changes in comparison.lists.items()),
        _calls_section(comparison),
    ]
    latencies = tuple(map(_latency, comparison.latencies))
    told = counted(len(latencies), "method") if latencies else "nothing was measured"
    return [*found, Section("Latency", told, latencies[:MAX_ENTRIES], len(latencies[MAX_ENTRIES:]))]


def headline(comparison: Comparison) -> str:
    """How much differs, in one line."""
    count = sum(len(each.changes) for each in comparison.lists.values())
    parts = ["Another server or revision"] if comparison.server else []
    parts += [f"{counted(count, 'definition')} differ{'s' if count == 1 else ''}"] if count else []
    calls = len(comparison.differing_calls)
    parts += (
        [f"{counted(calls, 'call')} of {len(comparison.calls):,} differ{'s' if calls == 1 else ''}"] if calls else []
    )
    return ", ".join(parts) or "Nothing differs but the times"


def lines(entry: Entry) -> list[Line]:
    """What there is to read about an entry."""
    subject = entry.subject
    if isinstance(subject, LatencyPair):
        return [Line(" ", text) for text in _figures(subject)]
    if isinstance(subject, Change):
        return [*_paths(subject.differences, is_cut=subject.is_cut), *diff(subject.old, subject.new)]
    arguments = subject.call.arguments
    head = [Line(" ", f"arguments {_short(arguments.value if arguments.is_whole else 'too large to be kept')}")]
    head += [Line("-", f"{_outcome(subject.left)}")] if subject.left else [Line(" ", "was not called left")]
    head += [Line("+", f"{_outcome(subject.right)}")] if subject.right else [Line(" ", "was not called right")]
    paths = _paths(subject.differences, is_cut=subject.is_cut)
    return [*head, Line(" ", ""), *paths, *diff(_answer(subject.left), _answer(subject.right))]


def diff(old: Any, new: Any) -> list[Line]:
    """Two JSON values, line by line; `ABSENT` has none."""
    left, right = _json_lines(old), _json_lines(new)
    if left == right:
        return [Line(" ", text) for text in left]
    compared = list(difflib.unified_diff(left, right, lineterm="", n=_CONTEXT_LINES))[2:]
    if compared[0].startswith(("@@ -1 ", "@@ -1,", "@@ -0,")):  # nothing was left out before it
        compared = compared[1:]
    return [Line(" ", "⋯") if text.startswith("@@") else Line(text[0], text[1:]) for text in compared]


def to_markdown(comparison: Comparison, left: str, right: str) -> str:
    """A report of what differs and how long it took. Secrets are still in it."""
    parts = ["# Two sessions compared", f"- **left:** {escaped(left)}\n- **right:** {escaped(right)}"]
    parts.append(f"{escaped(headline(comparison))}.")
    for section in sections(comparison)[:-1]:
        differing = [entry for entry in section.entries if entry.sign is not Sign.SAME]
        parts.append(f"## {section.title}: {escaped(section.told)}")
        parts += [part for entry in differing for part in _entry_markdown(entry)]
        if section.left_out:
            parts.append(f"{section.left_out:,} more are not listed.")
    columns = ("method", *(f"{side} {name}" for side in ("left", "right") for name in ("n", "p50", "p95")), "p50 +/−")
    rows = [_latency_row(pair) for pair in comparison.latencies[:MAX_ENTRIES]]
    table = Table("", columns, rows, frozenset(range(1, len(columns))))
    return "\n\n".join((*parts, "## Latency", "\n".join(table_lines(table)))) + "\n"


def _entry_markdown(entry: Entry) -> Iterator[str]:
    yield f"### {entry.sign} {escaped(entry.name)}: {escaped(entry.told)}"
    text = "\n".join(f"{line.sign}{line.text}" for line in lines(entry))
    fence = "```"
    while fence in text:
        fence += "`"
    yield f"{fence}diff\n{text}\n{fence}"


def _section(title: str, entries: list[Entry], total: int) -> Section:
    """`total` counts what is the same, too."""
    signs = [entry.sign for entry in entries]
    told = [
        f"{signs.count(sign):,} {WORDS[sign]}" for sign in (Sign.ADDED, Sign.REMOVED, Sign.CHANGED) if sign in signs
    ]
    same = total - sum(sign is not Sign.SAME for sign in signs)
    told += [f"{same:,} the same"] if same else []
    return Section(
        title, ", ".join(told) or "none on either side", tuple(entries[:MAX_ENTRIES]), len(entries[MAX_ENTRIES:])
    )


def _list_section(title: str, changes: ListChanges) -> Section:
    entries = [Entry(Sign.ADDED, _name(change.name), "only right", change) for change in changes.added]
    entries += [Entry(Sign.REMOVED, _name(change.name), "only left", change) for change in changes.removed]
    entries += [_changed(change) for change in changes.changed]
    return _section(title, entries, len(entries) + changes.same)


def _changed(change: Change, name: str = "") -> Entry:
    return Entry(Sign.CHANGED, name or _name(change.name), _places(change.differences, is_cut=change.is_cut), change)


def _calls_section(comparison: Comparison) -> Section:
    entries = sorted(map(_call, comparison.calls), key=lambda entry: entry.sign is Sign.SAME)
    section = _section("Results", entries, len(entries))
    if not comparison.calls_left_out:
        return section
    told = f"{section.told}; {comparison.calls_left_out:,} later ones not compared"
    return Section(section.title, told, section.entries, section.left_out)


def _call(pair: CallPair) -> Entry:
    if pair.left is None or pair.right is None:
        sign = Sign.ADDED if pair.left is None else Sign.REMOVED
        told = f"only {'right' if pair.left is None else 'left'}: {pair.call.outcome}"
    else:
        sign = Sign.SAME if pair.is_same else Sign.CHANGED
        told = f"{pair.left.outcome} → {pair.right.outcome}" if pair.left.outcome != pair.right.outcome else ""
        told = told or ("the same answer" if pair.is_same else _places(pair.differences, is_cut=pair.is_cut))
    call = pair.call
    about = call.name or call.method
    name = f"{about} {_short(call.arguments.value)}" if call.arguments.is_whole else about
    return Entry(sign, _name(name), told, pair, _event(pair.left), _event(pair.right))


def _event(call: Call | None) -> int | None:
    if call is None:
        return None
    return call.request_n if call.answer_n is None else call.answer_n


def _latency(pair: LatencyPair) -> Entry:
    difference_ms = pair.difference_ms(50)
    told = f"p50 {_ms(pair.left, 50)} → {_ms(pair.right, 50)}"
    told += f" ({_signed(difference_ms)})" if difference_ms is not None else ""
    return Entry(Sign.FIGURE, _name(pair.key), told, pair)


def _figures(pair: LatencyPair) -> Iterator[str]:
    yield f"{'':8}{'left':>12}{'right':>12}{'difference':>14}"
    yield f"{'answers':8}{_count(pair.left):>12}{_count(pair.right):>12}"
    for p in (50, 95):
        difference = _signed(pair.difference_ms(p))
        yield f"{f'p{p}':8}{_ms(pair.left, p):>12}{_ms(pair.right, p):>12}{difference:>14}"


def _latency_row(pair: LatencyPair) -> tuple[str, ...]:
    sides = ((_count(side), _ms(side, 50), _ms(side, 95)) for side in (pair.left, pair.right))
    return (pair.key, *(cell for side in sides for cell in side), _signed(pair.difference_ms(50)))


def _count(samples: Samples | None) -> str:
    return f"{samples.count:,}" if samples else _NONE


def _ms(samples: Samples | None, p: float) -> str:
    value = samples.percentile(p) if samples else None
    return _NONE if value is None else duration(value)


def _signed(value_ms: float | None) -> str:
    if value_ms is None:
        return _NONE
    return duration(value_ms) if value_ms <= 0 else f"+{duration(value_ms)}"


def _places(differences: Iterable[Difference], *, is_cut: bool) -> str:
    paths = [difference.path for difference in differences]
    if len(paths) == 1 and not is_cut:
        return plain(paths[0] or "as a whole", 60)
    return f"{'more than ' if is_cut else ''}{counted(len(paths), 'place')}"


def _paths(differences: tuple[Difference, ...], *, is_cut: bool) -> list[Line]:
    """Where to look, before the lines themselves."""
    if not differences:
        return []
    shown = [f"≠ {plain(each.path or 'as a whole')}" for each in differences[:_PATHS_SHOWN]]
    left_out = len(differences) - len(shown)
    more = [f"≠ {'more than ' if is_cut else ''}{left_out:,} more"] if left_out else []
    return [Line(" ", text) for text in (*shown, *more, "")]


def _outcome(call: Call) -> str:
    took = "" if call.rtt_ms is None else f" in {duration(call.rtt_ms)}"
    return f"{call.outcome}{took}"


def _answer(call: Call | None) -> Any:
    if call is None or not call.answer.digest:
        return ABSENT
    answer = call.answer
    return answer.value if answer.is_whole else f"{answer.size_bytes:,} bytes, digest {answer.digest.hex()}"


def _json_lines(value: Any) -> list[str]:
    """Long lines are broken, so that of a long text only the piece that differs stands out."""
    if value is ABSENT:
        return []
    found: list[str] = []
    for line in visible(jsontext.pretty(value)).split("\n"):
        found += [line[start : start + MAX_LINE] for start in range(0, max(len(line), 1), MAX_LINE)]
        if len(found) > MAX_LINES:
            return [*found[:MAX_LINES], "…"]
    return found


def _short(value: Any) -> str:
    return plain(jsontext.dumps(value).decode(), _NAME_CHARS)


def _name(name: str) -> str:
    return plain(name, _NAME_CHARS)
