"""JSON text in and out of the input widgets, exactly."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
from PySide6.QtWidgets import QPlainTextEdit

from inspector.wire import jsontext


def read_json(text: str) -> tuple[Any, str]:
    """The value of a JSON text and "", or None and one sentence with line and column of the first error.

    What would not be sent as it stands, such as NaN or half a surrogate pair, is an error too.
    """
    parsed = jsontext.parse(text)
    if parsed.error is not None:
        return None, f"Line {parsed.error.line}, column {parsed.error.column}: {parsed.error.text}."
    if parsed.notes and not _is_sent_as_typed(text, parsed.value):
        return None, parsed.notes[0]
    return parsed.value, ""


def _is_sent_as_typed(text: str, value: Any) -> bool:
    written = write_json(value)
    return same(jsontext.parse(written).value, value) and written.count("\ufffd") <= text.count("\ufffd")


def write_json(value: Any, *, pretty: bool = False) -> str:
    """A value as JSON text, on one line or indented."""
    if pretty:
        with contextlib.suppress(msgspec.DecodeError):  # half a surrogate pair: not worth indenting
            return jsontext.pretty(value)
    return jsontext.dumps(value).decode()


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
