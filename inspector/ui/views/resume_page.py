"""The resume test in the window: a tool is run whole, then cut and resumed, and the table says what was missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QComboBox

from inspector.record.text import counted, duration, plain
from inspector.ui.dialogs.dialog_parts import button_row, push_button
from inspector.ui.laboratory import NOT_CONNECTED, Laboratory
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.lab_parts import NumberField, Page, Report, ToolChoice, line, state_label
from inspector.ui.views.stat_table import StatTable
from inspector.wire.http import mask_url

if TYPE_CHECKING:
    from inspector.session.resume_bench import BenchPlan, BenchReport, Cut
    from inspector.session.session import Session

NAME = "resume"
MAX_CUTS = 20
_WORDS = (
    "Runs a tool once whole, then again and again with its stream cut at other places, lets the session resume it with "
    "Last-Event-ID, and holds what came against the whole run: what is lost, came twice, or is out of order."
)
_EMPTY = "Each cut gets a row here: what came, what was missing, and how the server took the resume."
_HOW = (("FIN (an orderly close)", "fin"), ("RST (a reset)", "rst"))


def _role(count: int) -> str | None:
    return "bad" if count else None


def _ids(cut: Cut) -> str | None:
    return " → ".join(cut.run.resumed_from) or None


def _statuses(cut: Cut) -> str | None:
    return " ".join(str(status) for status in cut.run.statuses) or None


COLUMNS: tuple[Column[Cut], ...] = (
    Column(
        "Cut after",
        lambda cut: cut.place,
        "{:,}".format,
        "000",
        True,
        "0 is right behind the priming event",
    ),
    Column("Came", lambda cut: len(cut.run.got), "{:,}".format, "0,000", True, "Events that came in all"),
    Column(
        "Lost", lambda cut: cut.difference.lost, "{:,}".format, "000", True, "", lambda cut: _role(cut.difference.lost)
    ),
    Column(
        "Twice",
        lambda cut: cut.difference.duplicated,
        "{:,}".format,
        "000",
        True,
        "Events that came more than once",
        lambda cut: _role(cut.difference.duplicated),
    ),
    Column(
        "Disorder",
        lambda cut: cut.difference.reordered,
        "{:,}".format,
        "000",
        True,
        "Events out of their order",
        lambda cut: _role(cut.difference.reordered),
    ),
    Column(
        "Extra",
        lambda cut: cut.difference.extra,
        "{:,}".format,
        "000",
        True,
        "Events that the whole run did not have",
        lambda cut: _role(cut.difference.extra),
    ),
    Column("Resumed from", _ids, plain, "stream-id/000", hint="The Last-Event-ID of each attempt"),
    Column("HTTP", _statuses, plain, "200", hint="What the attempts to resume were answered with"),
    Column("Asked", lambda cut: cut.run.asked_ms, duration, "000 ms", True, "The pause the server's retry: asks for"),
    Column("Used", lambda cut: cut.run.delay_ms, duration, "000 ms", True, "The pause before the first attempt"),
    Column(
        "Verdict",
        lambda cut: f"{'✓' if cut.is_good else '✕'} {cut.words}",
        lambda words: plain(words, 300),
        "✓ Nothing lost, nothing twice.",
        role=lambda cut: "good" if cut.is_good else "bad",
    ),
)


class ResumePage(Page):
    """Runs one resume test at a time on the session of the window."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory, _WORDS)
        self._cuts: list[Cut] = []
        self._planned = 0
        self._has_verdict = False
        self._tool = ToolChoice(laboratory, "resume")
        self._times = NumberField(1, MAX_CUTS, 3, "resumeCuts", "How many cuts, each in a run of its own")
        self._how = QComboBox()
        for words, how in _HOW:
            self._how.addItem(words, how)
        self._how.setObjectName("resumeHow")
        self._how.setAccessibleName("How the connection is cut")
        self._mid = QCheckBox("in the middle of an event")
        self._mid.setObjectName("resumeMidEvent")
        self._mid.setAccessibleName("Cut in the middle of an event")
        self._state = state_label("resumeState")
        self._toggle = push_button("Start", "resumeToggle", "Run the tool and cut its stream", primary=True)
        self._model = TableModel(COLUMNS, lambda cut: cut.place)
        self._table = StatTable(self._model, lambda cut: cut.run.answer.request_n, _EMPTY)
        self._table.setObjectName("resumeTable")
        self._table.setAccessibleName("Cuts and what became of them")
        self._table.horizontalHeader().setStretchLastSection(True)
        self.jump = self._table.jump
        self._report = Report(self, "resume")
        self._report.hide()
        self.column.addLayout(line("Run", self._tool, stretch=1))
        self.column.addLayout(line("and cut it", self._times, "times, with", self._how, self._mid))
        self.column.addWidget(self._state)
        self.column.addWidget(self._table, 1)
        self.column.addLayout(button_row(self._toggle, left=self._report.parts))
        self._toggle.clicked.connect(self._press)
        self._times.textChanged.connect(self._forget_verdict)
        self._tool.changed.connect(self._forget_verdict)
        self.refresh()

    def refresh(self) -> None:
        """What will be done, or how far it is."""
        is_running = self.laboratory.is_running(NAME)
        for widget in (self._tool, self._times, self._how, self._mid):
            widget.setEnabled(not is_running)
        self._toggle.setText("Stop" if is_running else "Start")
        if is_running:
            self._state.say(self._says(), "note")
            return
        self._tool.offer()
        obstacle = self._obstacle()
        self._toggle.setEnabled(not obstacle)
        if obstacle or not self._has_verdict:
            self._state.say(obstacle or self._intent(), "warn" if obstacle else "muted")

    def _obstacle(self) -> str:
        session = self.laboratory.session
        if session is None:
            return NOT_CONNECTED
        from inspector.session.resume_bench import why_unfit  # noqa: PLC0415 - the session is loaded by now

        return why_unfit(session) or self._tool.obstacle()

    def _forget_verdict(self) -> None:
        if not self.laboratory.is_running(NAME):
            self._has_verdict = False
            self.refresh()

    def _intent(self) -> str:
        tool, cuts = plain(self._tool.tool, 60), self._times.value()
        return (
            f"Start calls {tool} {counted(cuts + 1, 'time')} on this session: once whole, then {counted(cuts, 'time')} "
            "with a cut. Whatever the tool does is done each time."
        )

    def _plan(self) -> BenchPlan:
        from inspector.session.resume_bench import BenchPlan  # noqa: PLC0415 - the session is loaded later

        return BenchPlan(
            self._tool.tool,
            self._tool.arguments() or {},
            self._times.value(),
            self._how.currentData(),
            self._mid.isChecked(),
        )

    def _says(self) -> str:
        if not self._planned:
            return "resume test: running the tool whole"
        return f"resume test: cut {min(len(self._cuts) + 1, self._planned)} of {self._planned}"

    def _press(self) -> None:
        if self.laboratory.is_running(NAME):
            self.laboratory.cancel(NAME)
            return
        if self.laboratory.session is None:
            return
        self._cuts, self._planned, self._has_verdict = [], 0, False
        self._model.replace([])
        self.laboratory.run(NAME, self._run(self._plan()), self._says, lambda: self.laboratory.cancel(NAME))
        self.refresh()

    async def _run(self, plan: BenchPlan) -> None:
        from inspector.session.resume_bench import ResumeBench  # noqa: PLC0415

        session = self.laboratory.session
        if session is None:
            return
        words, role = "■ Stopped before its end.", "warn"
        try:
            report = await ResumeBench(session, plan).run(self._on_begun, self._on_cut)
            self._write_down(report, plan, session)
            words = f"{'✓' if report.is_good else '✕'} {report.words}"
            role = "good" if report.is_good else "bad"
        finally:
            self._has_verdict = True
            self._state.say(words, role)
            self._toggle.setText("Start")

    def _write_down(self, report: BenchReport, plan: BenchPlan, session: Session) -> None:
        from inspector.exports.resume_report import as_markdown  # noqa: PLC0415

        negotiated = session.negotiated
        server = f"{negotiated.server_name} {negotiated.server_version}".strip() if negotiated else ""
        self._report.show_report("", as_markdown(report, plan, mask_url(session.options.url), server))

    def _on_begun(self, cuts: int) -> None:
        self._planned = cuts

    def _on_cut(self, cut: Cut) -> None:
        self._cuts.append(cut)
        self._model.replace(self._cuts)
