"""A report for a bug tracker: headings and tables out of plain figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from inspector.record import text

CELL_CHARS = 160
_ACTIVE = re.compile(r"([\\`*_\[\]<>|#~])")


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `numbers` are the columns that stand to the right. `note` says what is not in it."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    note: str = ""


@dataclass(slots=True)
class Report:
    """What a report says: facts as name and value, sections that are Markdown already, and tables of figures."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    sections: Sequence[tuple[str, str]] = field(default_factory=tuple)


def write_markdown(report: Report, out: BinaryIO) -> None:
    """Write the report in UTF-8."""
    parts = [f"# {escaped(report.title)}"]
    if report.facts:
        parts.append("\n".join(f"- **{escaped(name)}:** {escaped(value)}" for name, value in report.facts))
    parts += [f"## {escaped(title)}\n\n{body.strip()}" for title, body in report.sections]
    parts += [_table(table) for table in report.tables]
    out.write(("\n\n".join(parts) + "\n").encode("utf-8", "replace"))


def escaped(said: str, limit: int = CELL_CHARS) -> str:
    """Text of the peer's on one line, which no Markdown reader takes for markup, a link or a cell's end."""
    return _ACTIVE.sub(r"\\\1", text.plain(said, limit))


def table_lines(table: Table) -> list[str]:
    """The lines of the table alone, without its title."""
    if not table.rows:
        return ["None."]
    ruler = ["---:" if index in table.numbers else "---" for index in range(len(table.columns))]
    lines = [_line([escaped(column) for column in table.columns]), _line(ruler)]
    return lines + [_line([escaped(cell) for cell in row]) for row in table.rows]


def _table(table: Table) -> str:
    note = ["", escaped(table.note, 400)] if table.note else []
    return "\n".join((f"## {escaped(table.title)}", "", *table_lines(table), *note))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
