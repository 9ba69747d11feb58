"""The page of help for the filter, made of what the language says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from inspector.record.query import GRAMMAR, Field, fields
from inspector.ui import theme


def filter_help() -> str:
    """How a filter is written, and all its fields, as rich text."""
    return (
        "<h3>How a filter is written</h3>"
        + _table((_code(example), escape(meaning)) for example, meaning in GRAMMAR)
        + "<h3>Fields</h3>"
        + _table(map(_field, fields()))
    )


def _field(field: Field) -> tuple[str, str]:
    also = f" (also {escape(', '.join(field.aliases))})" if field.aliases else ""
    words = f"<br>{escape(' · '.join(field.words))}" if field.words else ""
    examples = "&nbsp; ".join(map(_code, field.examples))
    return f"<b>{escape(field.name)}</b>", f"{escape(field.takes)}{also}{words}<br>{examples}"


def _code(example: str) -> str:
    return f'<code style="color:{theme.colors().accent}; white-space:pre">{escape(example)}</code>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = (f'<tr><td style="padding-right:14px">{left}</td><td>{right}</td></tr>' for left, right in rows)
    return f'<table cellspacing="0" cellpadding="3">{"".join(lines)}</table>'
