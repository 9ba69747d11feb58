"""Charts as a picture, as a drawing, or as a table of what they show."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from inspector.record.text import calendar, plain
from inspector.ui import theme
from inspector.ui.charts.chart import Chart, Value
from inspector.ui.charts.source import Source

SUFFIXES = (".png", ".svg", ".csv")
FILTERS = "Picture (*.png);;Drawing (*.svg);;Values in sight (*.csv)"
PNG_SCALE = 2
COLUMNS = ("chart", "series", "time", "seconds", "value", "unit", "note", "event")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MAX_TEXT = 200


class SavingError(Exception):
    """Why the charts could not be saved, in a sentence."""


def save(charts: Sequence[Chart], source: Source, path: Path) -> None:
    """Write the charts as the suffix of the file says."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SavingError(f"{path.name} was not saved: choose a name that ends in .png, .svg or .csv.")
    try:
        path.write_bytes(table(charts, source).encode() if suffix == ".csv" else DRAWN[suffix](charts))
    except OSError as error:
        raise SavingError(f"{path.name} was not saved: {error.strerror or error}. Choose another place.") from error


def png(charts: Sequence[Chart]) -> bytes:
    """The charts as they stand, at twice the resolution."""
    size = _extent(charts).size()
    image = QImage(size * PNG_SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(PNG_SCALE)
    image.fill(theme.color("window"))
    painter = QPainter(image)
    _paint(painter, charts)
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def svg(charts: Sequence[Chart]) -> bytes:
    """The charts as they stand, in lines and letters."""
    size = _extent(charts).size()
    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setTitle(", ".join(chart.title for chart in charts))
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(0, 0), size))
    generator.setResolution(96)
    painter = QPainter(generator)
    painter.fillRect(QRect(QPoint(0, 0), size), QColor(theme.colors().window))
    _paint(painter, charts)
    painter.end()
    return bytes(buffer.data().data())


DRAWN: dict[str, Callable[[Sequence[Chart]], bytes]] = {".png": png, ".svg": svg}


def table(charts: Sequence[Chart], source: Source) -> str:
    """All values in sight, one a line, in the units they are counted in."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for chart in charts:
        rows.writerows(_row(chart, source, value) for value in chart.values())
    return text.getvalue()


def _row(chart: Chart, source: Source, value: Value) -> tuple[str, ...]:
    time = "" if value.seconds is None else calendar(source.series.wall_of(source.time_of(value.seconds)))
    seconds = "" if value.seconds is None else f"{value.seconds:.6f}"
    event = "" if value.n is None else str(value.n)
    return (
        chart.title,
        _cell(value.series),
        time,
        seconds,
        f"{value.value:.10g}",
        value.unit,
        _cell(value.note),
        event,
    )


def _cell(text: str) -> str:
    """A peer's text, which no spreadsheet may take for a formula."""
    text = plain(text, _MAX_TEXT)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _extent(charts: Sequence[Chart]) -> QRect:
    extent = QRect()
    for chart in charts:
        extent |= chart.geometry()
    return extent if extent.isValid() else QRect(QPoint(0, 0), QSize(1, 1))


def _paint(painter: QPainter, charts: Sequence[Chart]) -> None:
    """Each chart in its place, without cross hair and focus."""
    corner = _extent(charts).topLeft()
    for chart in charts:
        with _bare(chart):
            target = QRectF(chart.geometry().translated(-corner))
            chart.render(painter, target, chart.viewport().rect())


@contextmanager
def _bare(chart: Chart) -> Iterator[None]:
    """The chart without what belongs to the pointer; its symbols are drawn as shapes, not as pixels."""
    cross, spot = chart.cross, chart.spot
    chart.cross = chart.spot = None
    chart.is_saved = True
    points = [item for item in chart.box.addedItems if hasattr(item, "setExportMode")]
    for item in points:
        item.setExportMode(True, {"antialias": True, "background": QColor(), "resolutionScale": 1.0})
    try:
        yield
    finally:
        for item in points:
            item.setExportMode(False)
        chart.is_saved = False
        chart.cross, chart.spot = cross, spot
