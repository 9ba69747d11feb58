"""Two lines for an entry of a list: the name with its badges as words, and the title or description."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.ui.models.offer_list import OfferListModel, OfferRow
from inspector.ui.theme import color, mono_font

MARGIN = 8
ICON_PX = 16
SLACK_PX = 3
"""The painter's metrics may differ from the option's by a pixel or two."""


class OfferDelegate(QStyledItemDelegate):
    """What is of no use is greyed, and its badge says so in a word."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        lines = QFontMetrics(mono_font()).height() + option.fontMetrics.height()
        return QSize(80, lines + MARGIN + 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: OfferRow | None = index.data(OfferListModel.RowRole)
        if row is None:
            return
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, color("selection"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, color("raised"))
        area = option.rect.adjusted(MARGIN, MARGIN // 2, -MARGIN, -MARGIN // 2)
        if row.icon:
            height = QFontMetrics(mono_font()).height()
            square = QRect(area.left(), area.top() + (height - ICON_PX) // 2, ICON_PX, ICON_PX)
            _icon(row.icon, color("muted" if row.reason else "note").name()).paint(painter, square)
            area = area.adjusted(ICON_PX + MARGIN - 2, 0, 0, 0)
        _paint_texts(painter, option, row, area)
        painter.restore()


def _paint_texts(painter: QPainter, option: QStyleOptionViewItem, row: OfferRow, area: QRect) -> None:
    """As many badges as fit behind the name; if not even one does, it stands before the description."""
    mono = mono_font()
    left = area.width() - QFontMetrics(mono).horizontalAdvance(row.name) - 2 * MARGIN - SLACK_PX
    offers = [" · ".join(row.badges), row.badges[0] if row.badges else ""]
    badges = next((words for words in offers if option.fontMetrics.horizontalAdvance(words) <= left), offers[1])
    width = option.fontMetrics.horizontalAdvance(badges) + (SLACK_PX if badges else 0)
    is_roomy = width <= left + SLACK_PX
    painter.setFont(mono)
    painter.setPen(color("muted" if row.reason else "text"))
    _line(painter, row.name, area, Qt.AlignmentFlag.AlignTop)
    painter.setFont(option.font)
    painter.setPen(color("warn" if row.is_alert else "note"))
    if is_roomy:
        drop = QFontMetrics(mono).ascent() - option.fontMetrics.ascent()  # both stand on one line
        _line(painter, badges, area.adjusted(area.width() - width, drop, 0, 0), Qt.AlignmentFlag.AlignTop)
    else:
        _line(painter, badges, area, Qt.AlignmentFlag.AlignBottom)
    painter.setPen(color("muted"))
    words = row.reason or " — ".join(filter(None, (row.title, row.description)))
    start = width + MARGIN if badges and not is_roomy else 0
    _line(painter, words, area.adjusted(start, 0, 0, 0), Qt.AlignmentFlag.AlignBottom)


def _line(painter: QPainter, text: str, area: QRect, place: Qt.AlignmentFlag) -> None:
    if area.width() <= 0:
        return
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, place | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine, elided)


@lru_cache(maxsize=128)
def _icon(name: str, tint: str) -> QIcon:
    import qtawesome  # noqa: PLC0415 - takes a quarter of a second, so it waits for the first row with an icon

    icon: QIcon = qtawesome.icon(name, color=tint)
    return icon
