"""The entries of the row menu that copy: rows as text or JSON lines, a request as a command or a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication

from inspector.record import rows_text, snippets
from inspector.record.redaction import RedactionError, RedactionRules, Redactor
from inspector.record.text import counted
from inspector.ui.background import Background
from inspector.ui.models.timeline_cells import Column
from inspector.ui.sent_request import SentRequest, request_of, transport_of
from inspector.ui.slices import Slices
from inspector.ui.user_data import UserData
from inspector.ui.views.row_actions import add_row_actions

if TYPE_CHECKING:
    from inspector.ui.views.timeline_view import TimelineView

MAX_ROWS = 10_000
MAX_BYTES = 16 * 1024 * 1024
"""What may be copied at once: the clipboard keeps it in memory, and so does whoever pastes it."""
_AT_ONCE_ROWS, _AT_ONCE_BYTES = 100, 64 * 1024


class RowCopying(QObject):
    """Copies the selected rows of a view, masked after the user's rules; what was copied is said by `view.noted`."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self._model = view.timeline_model
        self.rules: Callable[[], RedactionRules] = lambda: UserData().redaction()
        add_row_actions(
            view,
            ("timelineCopyText", "Copy as text", "", partial(self._copy_facts, rows_text.as_text, "text")),
            (
                "timelineCopyJsonLines",
                "Copy as JSON lines",
                "",
                partial(self._copy_facts, rows_text.as_jsonl, "JSON lines"),
            ),
            ("timelineCopyCurl", "Copy request as curl", "", self.copy_curl),
            ("timelineCopyPython", "Copy request as Python", "", self.copy_python),
        )
        self._of_request = [view.findChild(QAction, name) for name in ("timelineCopyCurl", "timelineCopyPython")]
        view.selectionModel().selectionChanged.connect(self._refresh)
        self._refresh()

    def copy_rows(self) -> None:
        """The selected rows as tab-separated text, as the table shows them."""
        model, (positions, total) = self._model, self._positions()
        columns = list(Column)
        lines = ("\t".join(model.cell(position, column) for column in columns) for position in positions)
        self._take(lines, "\n".join, "", total)

    def copy_curl(self) -> None:
        """The request of the current row as a shell command."""
        self._copy_request(lambda sent: snippets.as_curl(sent.request, sent.message), "curl")

    def copy_python(self) -> None:
        """The request of the current row as a program."""
        row = self._view.current_row()
        if row is None:
            return
        transport = transport_of(self._model.timeline, self._model.river, row)

        def program(sent: SentRequest) -> str:
            return snippets.as_python(sent.message or sent.request, sent.request.url, transport, sent.request.headers)

        self._copy_request(program, "Python")

    def _copy_facts(self, write: Callable[..., str], form: str) -> None:
        positions, total = self._positions()
        rows = [self._model.row_at(position) for position in positions]
        facts = rows_text.facts_of(self._model.timeline, self._model.river, rows)
        rules = self.rules()
        self._take(facts, lambda taken: write(taken, Redactor(rules)), f" as {form}", total)

    def _copy_request(self, write: Callable[[SentRequest], str], form: str) -> None:
        row = self._view.current_row()
        sent = None if row is None else request_of(self._model.timeline, self._model.river, row)
        if sent is None:
            self._view.noted.emit("Select a row of a request first.")
            return
        rules, chosen = self.rules(), sent

        def work(_: object) -> str:
            return write(chosen.masked(Redactor(rules)))

        size_bytes = len(sent.request.body) + (len(sent.message.raw) if sent.message else 0)
        self._finish([sent], work, f"Copied the request as {form}.", is_small=size_bytes <= _AT_ONCE_BYTES)

    def _positions(self) -> tuple[Sequence[int], int]:
        """Where the selected rows are shown, as many as can be copied; and how many there are."""
        parts = self._view.selectionModel().selection().toList()
        ranges = sorted((part.top(), part.bottom()) for part in parts)
        chosen: list[int] = []
        total, end, size_bytes = 0, -1, 0
        sizes = self._model.timeline.sizes_bytes
        for first, bottom in ranges:
            top = max(first, end + 1)
            total += max(0, bottom + 1 - top)
            end = max(end, bottom)
            for position in range(top, bottom + 1):
                size_bytes += max(0, sizes[self._model.row_at(position)])
                if len(chosen) == MAX_ROWS or (chosen and size_bytes > MAX_BYTES):
                    break
                chosen.append(position)
        return chosen, total

    def _take(self, items: Iterator[Any], write: Callable[[list[Any]], str], form: str, total: int) -> None:
        if not total:
            self._view.noted.emit("Select the rows to copy first.")
            return
        slices = Slices(items, self)

        def taken(found: list[Any]) -> None:
            slices.deleteLater()
            said = f"Copied {counted(len(found), 'row')}{form}."
            if len(found) < total:
                said = (
                    f"Copied the first {len(found):,} of {total:,} rows{form}; Export… in the menu takes all of them."
                )
            size_bytes = sum(max(0, item.size_bytes) for item in found if isinstance(item, rows_text.RowFacts))
            is_small = len(found) <= _AT_ONCE_ROWS and size_bytes <= _AT_ONCE_BYTES
            self._finish(found, write, said, is_small=is_small)

        slices.done.connect(taken)
        slices.start()

    def _finish(self, found: list[Any], write: Callable[[Any], str], said: str, *, is_small: bool) -> None:
        """Write it down, in a thread if it is much, and put it on the clipboard."""

        def put(text: str) -> None:
            QGuiApplication.clipboard().setText(text)
            self._view.noted.emit(said)

        if is_small:
            try:
                put(write(found))
            except RedactionError as error:
                self._view.noted.emit(str(error))
            return
        task = Background(partial(write, found), (RedactionError,), self)
        task.done.connect(put)
        task.failed.connect(self._view.noted)
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        task.start()

    def _refresh(self) -> None:
        row = self._view.current_row()
        can = row is not None and request_of(self._model.timeline, self._model.river, row) is not None
        for action in self._of_request:
            if action is not None:
                action.setEnabled(can)
