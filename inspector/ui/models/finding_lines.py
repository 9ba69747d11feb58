"""The lines of the list of findings: causes, below them what they explain, at the end what was dismissed. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from inspector.diagnose.finding import Finding
from inspector.exports.check_formats import clock
from inspector.record.text import plain
from inspector.trace.events import Severity

DISMISSED = "dismissed"
SIGNS = {Severity.ERROR: "✖", Severity.WARN: "▲", Severity.NOTE: "●", Severity.CHAT: "·"}
ROLES = {Severity.ERROR: "bad", Severity.WARN: "warn", Severity.NOTE: "note", Severity.CHAT: "muted"}
WORDS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.NOTE: "note", Severity.CHAT: "remark"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line; the head of the dismissed ones has no finding."""

    title: str
    finding: Finding | None = None
    depth: int = 0
    is_dismissed: bool = False

    @property
    def key(self) -> str:
        """What stays the same when the figures change."""
        return self.finding.rule if self.finding else DISMISSED


def lines_of(
    findings: Sequence[Finding], dismissed: Sequence[Finding], hidden: Collection[Severity] = (), *, is_open: bool
) -> Iterator[Line]:
    """The lines without those of `hidden` severities; `is_open` shows what was dismissed, too."""
    for finding in findings:
        under = [each for each in finding.dependants if each.severity not in hidden]
        if under or finding.severity not in hidden:
            yield Line(_title(finding), finding)
            yield from (Line(f"↳ {_title(each)}", each, 1) for each in under)
    if dismissed:
        yield Line(f"{'▾' if is_open else '▸'} Dismissed ({len(dismissed):,})")
        if is_open:
            yield from (Line(_title(each), each, 1, is_dismissed=True) for each in dismissed)


def _title(finding: Finding) -> str:
    title = plain(finding.title).replace("`", "")
    return title if finding.over_at_s is None else f"{title} · no longer since {clock(finding.over_at_s)}"
