"""Two addresses called alike in the window: what will be sent, how far it is, and which difference is sure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit

from inspector.record.text import counted, plain
from inspector.ui.dialogs.dialog_parts import button_row, push_button
from inspector.ui.laboratory import NOT_CONNECTED, Laboratory
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.lab_parts import NumberField, Page, Report, ToolChoice, line, state_label
from inspector.ui.views.stat_table import StatTable
from inspector.wire.http import mask_url

if TYPE_CHECKING:
    from inspector.exports.side_by_side import Comparing
    from inspector.session.options import Options

NAME = "sides"
MAX_TIMES = 1_000
_LOOKS = 4
"""One look in so many renews the table."""
_WORDS = (
    "Calls this server and a second address by turns, each over a connection of its own, and compares the times: the "
    "same server with and without its proxy, or two builds of it. A difference is called sure at 95 % confidence."
)
_EMPTY = "The measures of both addresses stand here, with the difference and its confidence."

Row = tuple[str, str, str, str]
COLUMNS: tuple[Column[Row], ...] = (
    Column("Measure", lambda row: row[0], plain, "First progress p50"),
    Column("First (here)", lambda row: row[1], plain, "000.0 ms", True),
    Column("Second", lambda row: row[2], plain, "000.0 ms", True),
    Column("Second minus first", lambda row: row[3] or None, plain, "slower by 00.0 ms (95 %: 00.0 to 00.0)"),
)


class SidesPage(Page):
    """Runs one comparison at a time."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory, _WORDS)
        self.setObjectName("sidesPage")
        self._comparing: Comparing | None = None
        self._has_verdict = False
        self._looks = 0
        self._tool = ToolChoice(laboratory, "sides")
        self._times = NumberField(6, MAX_TIMES, 20, "sidesTimes", "How many rounds of one call each")
        self._other = QLineEdit()
        self._other.setObjectName("sidesOther")
        self._other.setAccessibleName("The second address")
        self._other.setPlaceholderText("http://127.0.0.1:8000/mcp")
        self._state = state_label("sidesState")
        self._toggle = push_button("Start", "sidesToggle", "Call both addresses by turns", primary=True)
        self._model = TableModel(COLUMNS, lambda row: row[0])
        self._table = StatTable(self._model, lambda row: None, _EMPTY)
        self._table.setObjectName("sidesTable")
        self._table.setAccessibleName("Both addresses")
        self._table.horizontalHeader().setStretchLastSection(True)
        self._report = Report(self, "sides")
        self._report.hide()
        self.column.addLayout(line("Call", self._tool, stretch=1))
        self.column.addLayout(line("here and at", self._other, "for", self._times, "rounds", stretch=1))
        self.column.addWidget(self._state)
        self.column.addWidget(self._table, 1)
        self.column.addLayout(button_row(self._toggle, left=self._report.parts))
        self._toggle.clicked.connect(self._press)
        self._other.textChanged.connect(self._forget_verdict)
        self._times.textChanged.connect(self._forget_verdict)
        self._tool.changed.connect(self._forget_verdict)
        self.refresh()

    def refresh(self) -> None:
        """What will be sent, or how far it is."""
        is_running = self.laboratory.is_running(NAME)
        for widget in (self._tool, self._times, self._other):
            widget.setEnabled(not is_running)
        self._toggle.setText("Stop" if is_running else "Start")
        if is_running:
            self._show_progress()
            return
        self._tool.offer()
        obstacle = self._obstacle()
        self._toggle.setEnabled(not obstacle)
        if obstacle or not self._has_verdict:
            self._state.say(obstacle or self._intent(), "warn" if obstacle else "muted")

    def _obstacle(self) -> str:
        if self.laboratory.session is None:
            return NOT_CONNECTED
        if not self._other.text().strip():
            return "Give the second address: the same server past its proxy, for example."
        if self._other_url() is None:
            return "The second address must begin with http:// or https://."
        return self._tool.obstacle()

    def _other_url(self) -> str | None:
        url = self._other.text().strip()
        url = url if "://" in url else f"http://{url}"
        return url if url.lower().startswith(("http://", "https://")) else None

    def _intent(self) -> str:
        calls = counted(self._times.value() + 1, "time")
        other = plain(mask_url(self._other_url() or ""), 120)
        return (
            f"Start opens two new connections and calls {plain(self._tool.tool, 60)} {calls} on each, once to warm up. "
            f"Your headers are sent to {other} too."
        )

    def _forget_verdict(self) -> None:
        if not self.laboratory.is_running(NAME):
            self._has_verdict = False
            self.refresh()

    def _press(self) -> None:
        if self.laboratory.is_running(NAME):
            self.laboratory.cancel(NAME)
            return
        options, other = self.laboratory.options(), self._other_url()
        if options is None or other is None:
            return
        comparing = self._comparing = self._made(options, other)
        self._model.replace([])
        self._has_verdict = False
        self.laboratory.run(NAME, self._run(comparing), self._says, lambda: self.laboratory.cancel(NAME))
        self.refresh()

    def _made(self, options: Options, other: str) -> Comparing:
        from inspector.exports.side_by_side import Comparing  # noqa: PLC0415 - seldom wanted
        from inspector.session.side_by_side import SidePlan  # noqa: PLC0415

        plan = SidePlan(self._tool.tool, self._tool.arguments() or {}, self._times.value())
        quiet = replace(options, listen=False)
        there = replace(quiet, url=other, credentials=None)  # what one server gave us is no other server's to see
        return Comparing(quiet, there, plan)

    async def _run(self, comparing: Comparing) -> None:
        from inspector.session.failure import ConnectError  # noqa: PLC0415

        failure, is_whole = "", False
        try:
            await comparing.run()
            is_whole = True
        except ConnectError as error:
            failure = error.sentence
        finally:
            self._finish(comparing, failure, is_whole=is_whole)

    def _finish(self, comparing: Comparing, failure: str, *, is_whole: bool) -> None:
        from inspector.exports.side_by_side import as_markdown  # noqa: PLC0415

        report = comparing.report()
        self._has_verdict = True
        if failure:
            self._state.say(f"✕ {plain(failure, 400)}", "bad")
        else:
            self._state.say(f"{'✓' if is_whole else '■ Stopped.'} {report.words}", "good" if is_whole else "warn")
        if report.rounds:
            self._model.replace(report.rows())
            self._report.show_report("", as_markdown(report, comparing.plan))
        self._toggle.setText("Start")

    def _says(self) -> str:
        comparing = self._comparing
        return f"two addresses: round {comparing.rounds + 1:,} of {comparing.plan.times:,}" if comparing else ""

    def _show_progress(self) -> None:
        comparing = self._comparing
        if comparing is None:
            return
        self._state.say(self._says().capitalize(), "note")
        self._looks += 1
        if comparing.rounds and self._looks % _LOOKS == 0:
            self._model.replace(comparing.report().rows())
