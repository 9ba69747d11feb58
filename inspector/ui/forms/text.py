"""JSON text in and out of the input widgets, exactly."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QPlainTextEdit

from inspector.wire import jsontext


def read_json(text: str) -> tuple[Any, str]:
    """The value of a JSON text and "", or None and one sentence with line and column of the first error."""
    parsed = jsontext.parse(text)
    if parsed.error is None:
        return parsed.value, ""
    error = parsed.error
    return None, f"Line {error.line}, column {error.column}: {error.text}"


def write_json(value: Any, *, pretty: bool = False) -> str:
    """A value as JSON text, on one line or indented."""
    return jsontext.pretty(value) if pretty else jsontext.dumps(value).decode("utf-8", "surrogatepass")


def text_of(edit: QPlainTextEdit) -> str:
    """What stands in the widget; `toPlainText` would turn each no-break space into a space."""
    return edit.document().toRawText().replace("\u2029", "\n")


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values are the same: 1, 1.0 and true differ, the order of keys does not matter."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
