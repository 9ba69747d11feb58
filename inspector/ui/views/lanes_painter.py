"""Draws lanes: pixels for what happened, shapes for what matters, names at the left, the axis on top."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from inspector.record.lanes import CONNECTION, FAULT, FINDING, NEVER, WARNING
from inspector.record.rows import ERROR, WARN
from inspector.ui import theme
from inspector.ui.views import lanes_axis, lanes_words
from inspector.ui.views.lanes_pixels import image
from inspector.ui.views.lanes_scene import Scene

_PADDING_PX = 8
_MARK_PX = 4
_APART_PX = 3
_LEAST_TEXT_PX = 14
_FOUND = bytes(bool(flags & FINDING) for flags in range(256))
_FOUND_FAULT = bytes(bool(flags & FINDING and flags & FAULT) for flags in range(256))
_WARNED = bytes(bool(flags & WARNING) for flags in range(256))


class LanesPainter:
    """Paints one picture of a scene."""

    def __init__(self, painter: QPainter, scene: Scene, font: QFont) -> None:
        self._painter = painter
        self._scene = scene
        self._font = font
        self._metrics = QFontMetrics(font)
        self._now_ns = scene.now_ns()
        self._lanes = [(CONNECTION, scene.axis_px), *scene.lanes_in_sight()]
        columns = scene.span.columns
        self._flags = {lane: scene.lanes.column_bins(lane, columns, self._now_ns) for lane, _ in self._lanes}

    def paint(self) -> None:
        """Everything, from the back to the front."""
        scene, painter = self._scene, self._painter
        painter.setFont(self._font)
        painter.fillRect(0, 0, scene.width, scene.height, theme.color("base"))
        marks = lanes_axis.marks(scene.span.columns, scene.origin_ns, self._metrics.averageCharWidth() * 1.1)
        self._backgrounds(marks)
        painter.save()
        painter.setClipRect(0, scene.streams_top, scene.width, scene.height)
        self._lane_pixels(self._lanes[1:])
        painter.restore()
        self._connection_lane()
        self._axis(marks)
        self._chosen()
        painter.fillRect(scene.labels_px - 1, scene.axis_px, 1, scene.height, theme.color("border"))

    def _backgrounds(self, marks: list[lanes_axis.Mark]) -> None:
        scene, painter = self._scene, self._painter
        painter.fillRect(0, scene.streams_top, scene.labels_px, scene.height, theme.color("raised"))
        for lane, top in self._lanes:
            if lane == scene.current:
                painter.fillRect(0, top, scene.width, scene.lane_px, theme.color("selection"))
        line = _faded("border", 0.55)
        for mark in marks:
            painter.fillRect(scene.labels_px + mark.column, scene.axis_px, 1, scene.height, line)
        if scene.brush is not None:
            left, right = self._brush_edges(scene.brush)
            painter.fillRect(left, scene.axis_px, right - left, scene.height, _faded("accent", 0.16))

    def _lane_pixels(self, lanes: list[tuple[int, int]]) -> None:
        scene = self._scene
        if not lanes:
            return
        width, top = scene.span.columns.count, lanes[0][1]
        drawn = image(((self._flags[lane], lane == CONNECTION) for lane, _ in lanes), width, scene.lane_px)
        self._painter.drawImage(QRect(scene.labels_px, top, width, len(lanes) * scene.lane_px), drawn)
        for lane, lane_top in lanes:
            self._marks(lane, lane_top)
            self._label(lane, lane_top)

    def _connection_lane(self) -> None:
        """It stands still above the others; a reconnect goes through all lanes."""
        scene, painter = self._scene, self._painter
        area = QRect(0, scene.axis_px, scene.width, scene.lane_px)
        painter.fillRect(area, theme.color("selection" if scene.current == CONNECTION else "raised"))
        self._lane_pixels([(CONNECTION, scene.axis_px)])
        painter.fillRect(0, scene.streams_top - 1, scene.width, 1, theme.color("border"))
        painter.setPen(QPen(_faded("warn", 0.8), 1, Qt.PenStyle.DashLine))
        middle = scene.axis_px + scene.lane_px / 2
        for column in _places(self._flags[CONNECTION], _WARNED):
            x = scene.labels_px + column
            painter.drawLine(QLineF(x + 0.5, scene.streams_top, x + 0.5, scene.height))
            self._shape("warn", ((x, middle - 5), (x + 5, middle), (x, middle + 5), (x - 5, middle)))
            painter.setPen(QPen(_faded("warn", 0.8), 1, Qt.PenStyle.DashLine))

    def _marks(self, lane: int, top: int) -> None:
        """Findings hang as triangles from the top; a stream that was cut ends in a cross, an open one in an arrow."""
        scene, flags = self._scene, self._flags[lane]
        faults = flags.translate(_FOUND_FAULT)
        for column in _places(flags, _FOUND):
            x, size = scene.labels_px + column + 0.5, _MARK_PX
            role = "bad" if 1 in faults[column : column + _APART_PX] else "warn"
            self._shape(role, ((x - size, top + 0.5), (x + size, top + 0.5), (x, top + size + 2.5)))
        self._evidence(lane, top)
        facts = scene.lanes.facts(lane)
        if facts.end_severity >= WARN and facts.end_ns != NEVER:
            self._cross("bad" if facts.end_severity == ERROR else "warn", scene.x_of(facts.end_ns) + 0.5, top)
        if lane in scene.lanes.open and scene.is_live:
            x, middle = scene.x_of(self._now_ns) + 1, top + scene.lane_px / 2
            if scene.labels_px <= x <= scene.width:
                self._shape("http", ((x, middle - 5), (x + 6, middle), (x, middle + 5)))

    def _evidence(self, lane: int, top: int) -> None:
        """What findings rest on; of the finding that is being read, bigger and through the whole lane."""
        scene = self._scene
        for tick in scene.evidence.of(lane):
            x = scene.x_of(tick.at_ns) + 0.5
            if not scene.labels_px <= x < scene.width:
                continue
            role = {ERROR: "bad", WARN: "warn"}.get(tick.code, "note")
            size = _MARK_PX
            if tick.is_highlighted:
                size += 1
                self._painter.fillRect(int(x), top, 1, scene.lane_px, theme.color(role))
            self._shape(role, ((x - size, top + 0.5), (x + size, top + 0.5), (x, top + size + 2.5)))

    def _cross(self, role: str, x: float, top: int) -> None:
        """How a stream ends that was cut off."""
        scene, painter, size = self._scene, self._painter, _MARK_PX
        if scene.labels_px <= x <= scene.width:
            middle = top + scene.lane_px / 2
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for shade, width in (("base", 5), (role, 2)):
                painter.setPen(QPen(theme.color(shade), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(QLineF(x - size, middle - size, x + size, middle + size))
                painter.drawLine(QLineF(x - size, middle + size, x + size, middle - size))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _shape(self, role: str, points: tuple[tuple[float, float], ...]) -> None:
        painter = self._painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("base"), 1))
        painter.setBrush(theme.color(role))
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _label(self, lane: int, top: int) -> None:
        scene = self._scene
        facts = scene.lanes.facts(lane)
        sign, name, purpose = lanes_words.title(scene.timeline, scene.lanes, lane)
        is_lit = lane in scene.lanes.open or lane == CONNECTION
        x = _PADDING_PX
        for role, text in (
            ("bad" if facts.severity == ERROR else "warn", sign),
            ("text" if is_lit else "muted", scene.words(name)),
            ("muted", scene.words(purpose)),
        ):
            room = scene.labels_px - _PADDING_PX - x
            if text and room > _LEAST_TEXT_PX:
                x = self._text(role, text, x, top, room) + _PADDING_PX

    def _text(self, role: str, text: str, x: int, top: int, room: int) -> int:
        """One word of a name; where it ends."""
        elided = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        baseline = top + (self._scene.lane_px + self._metrics.ascent() - self._metrics.descent()) // 2
        self._painter.setPen(theme.color(role))
        self._painter.drawText(x, baseline, elided)
        return x + self._metrics.horizontalAdvance(elided)

    def _axis(self, marks: list[lanes_axis.Mark]) -> None:
        scene, painter = self._scene, self._painter
        painter.fillRect(0, 0, scene.width, scene.axis_px, theme.color("window"))
        painter.fillRect(0, scene.axis_px - 1, scene.width, 1, theme.color("border"))
        baseline = (scene.axis_px + self._metrics.ascent() - self._metrics.descent()) // 2
        painter.setPen(theme.color("muted"))
        for mark in marks:
            x = scene.labels_px + mark.column
            painter.fillRect(x, scene.axis_px - 6, 1, 5, theme.color("muted"))
            width = self._metrics.horizontalAdvance(mark.text)
            if x + 4 + width < scene.width:
                painter.drawText(x + 4, baseline, mark.text)

    def _chosen(self) -> None:
        """The range, the row that is selected elsewhere, the time under the pointer; over everything."""
        scene, painter = self._scene, self._painter
        if scene.brush is not None:
            for x in self._brush_edges(scene.brush):
                painter.fillRect(x, 0, 1, scene.height, theme.color("accent"))
        if scene.row is not None and scene.row < len(scene.timeline):
            x = scene.x_of(scene.timeline.monotonic_ns[scene.row])
            if scene.labels_px <= x < scene.width:
                painter.fillRect(x, scene.axis_px, 1, scene.height, theme.color("text"))
                self._shape("text", ((x - 4, scene.axis_px - 6), (x + 5, scene.axis_px - 6), (x + 0.5, scene.axis_px)))
        if scene.hover_x is not None and scene.hover_x >= scene.labels_px:
            self._hover(scene.hover_x)

    def _hover(self, x: int) -> None:
        scene, painter = self._scene, self._painter
        columns = scene.span.columns
        painter.fillRect(x, scene.axis_px, 1, scene.height, _faded("muted", 0.7))
        step_ns = 10 ** (len(str(columns.step_ns)) - 1)
        since_ns = (scene.ns_at(x) - scene.origin_ns) // step_ns * step_ns
        words = lanes_axis.label(since_ns, step_ns)
        width = self._metrics.horizontalAdvance(words) + 10
        left = min(max(x - width // 2, scene.labels_px), scene.width - width)
        chip = QRectF(left, 1, width, scene.axis_px - 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("border"), 1))
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(chip, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(theme.color("text"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)

    def _brush_edges(self, brush: tuple[int, int]) -> tuple[int, int]:
        scene = self._scene
        left, right = sorted((scene.x_of(brush[0]), scene.x_of(brush[1])))
        low, high = scene.labels_px - 1, scene.width + 1
        return min(max(left, low), high), min(max(right, low), high)


def _places(flags: bytes, wanted: bytes) -> Iterator[int]:
    """The columns that have what is wanted, of close ones the first."""
    found = flags.translate(wanted)
    place = found.find(1)
    while place >= 0:
        yield place
        place = found.find(1, place + _APART_PX)


def _faded(role: str, strength: float) -> QColor:
    color = theme.color(role)
    color.setAlphaF(strength)
    return color
