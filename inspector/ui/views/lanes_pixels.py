"""Lanes as pixels: for each line of pixels one table turns the flags of all columns into colours at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from PySide6.QtGui import QColor, QImage

from inspector.record.lanes import BEAT, EVENTS, FAULT, HEADERS, IN, OUT, PHASES, SENT, WARNING
from inspector.ui import theme

_NOTHING, _SENT, _HEADERS, _EVENTS, _IN, _OUT, _BEAT, _WARNING, _FAULT = range(9)
_UP, _UP_PART, _STATE = range(9, 12)
_ROLES: tuple[tuple[str, float], ...] = (
    ("base", 0.0),
    ("http", 0.45),
    ("http", 0.6),
    ("http", 0.8),
    ("inbound", 1.0),
    ("outbound", 1.0),
    ("heartbeat", 1.0),
    ("warn", 1.0),
    ("bad", 1.0),
    ("good", 0.7),
    ("muted", 0.6),
    ("text", 0.8),
)
# Half heights above and below the middle: what came hangs down, what left stands up, a heartbeat is a dot above the
# bar, a warning a broken stroke and an error a whole one, so that none is told by its colour alone.
_BARS = {SENT: 1, HEADERS: 2, EVENTS: 3}
_STROKE_PX, _END_PX, _SHORT_PX = 7, 8, 3
_BEAT_LINES = range(-7, -4)
_FAULTS = bytes(flags & FAULT for flags in range(256))


def image(lanes: Iterable[tuple[bytes, bool]], width: int, height: int) -> QImage:
    """Lanes below each other, each `height` lines: flags by column, and whether it is the lane of the connection."""
    lines = [
        columns.translate(table)
        for columns, is_connection in ((_with_wide_faults(flags), special) for flags, special in lanes)
        for table in _tables(height, is_connection)
    ]
    pixels = b"".join(lines)
    drawn = QImage(pixels, width, len(lines), width, QImage.Format.Format_Indexed8)
    drawn.setColorTable([_shade(role, strength).rgba() for role, strength in _ROLES])
    # Twice as fast as a painter that translates colours itself; and the bytes belong to Python.
    return drawn.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _with_wide_faults(flags: bytes) -> bytes:
    """An error is three columns wide, so that it is seen among thousands of events."""
    faults = int.from_bytes(flags.translate(_FAULTS), "little")
    if not faults:
        return flags
    wide = int.from_bytes(flags, "little") | faults >> 8 | faults << 8
    return (wide & (1 << 8 * len(flags)) - 1).to_bytes(len(flags), "little")


def _shade(role: str, strength: float) -> QColor:
    color = theme.color(role)
    color.setAlphaF(strength)
    return color


@cache
def _tables(height: int, is_connection: bool) -> tuple[bytes, ...]:
    """For each line of a lane, which colour each combination of flags has there."""
    middle = height // 2
    return tuple(
        bytes(_color(flags, line - middle, is_connection=is_connection) for flags in range(256))
        for line in range(height)
    )


def _color(flags: int, y: int, *, is_connection: bool) -> int:
    """The colour at `y` lines below the middle; the last above it is -1."""
    distance = y if y >= 0 else -1 - y
    if flags & FAULT and distance < _END_PX:
        return _FAULT
    if flags & WARNING and 0 < distance < _STROKE_PX:
        return _WARNING
    if flags & IN and distance < (_STROKE_PX - 1 if y >= 0 else _SHORT_PX):
        return _STATE if is_connection else _IN
    if flags & OUT and distance < (_STROKE_PX - 1 if y < 0 else _SHORT_PX):
        return _OUT
    if flags & BEAT and y in _BEAT_LINES:
        return _BEAT
    phase = flags & PHASES
    if phase and distance < _BARS[phase]:
        if is_connection:
            return _UP if phase == EVENTS else _UP_PART
        return (_SENT, _HEADERS, _EVENTS)[phase - 1]
    return _NOTHING
