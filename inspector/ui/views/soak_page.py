"""The soak in the window: what it will do, how it goes, and the report in the end."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

from inspector.record.text import counted, plain
from inspector.ui.dialogs.dialog_parts import button_row, push_button
from inspector.ui.laboratory import NOT_CONNECTED, Laboratory
from inspector.ui.views.lab_parts import NumberField, Page, Report, ToolChoice, line, state_label
from inspector.wire.http import mask_url

if TYPE_CHECKING:
    from inspector.exports.soaking import Soaking, SoakReport
    from inspector.session.soak import SoakPlan

NAME = "soak"
SPANS: tuple[tuple[str, float], ...] = (
    ("1 minute", 60),
    ("5 minutes", 300),
    ("15 minutes", 900),
    ("1 hour", 3_600),
    ("8 hours", 28_800),
    ("24 hours", 86_400),
)
RHYTHMS: tuple[tuple[str, float], ...] = (
    ("every second", 1),
    ("every 5 seconds", 5),
    ("every 30 seconds", 30),
    ("every minute", 60),
    ("every 5 minutes", 300),
)
_WORDS = (
    "Holds a second connection to this server for as long as you say, calls a tool now and then, and reports uptime, "
    "drops, silence, latency and findings. It goes on while this dialog is closed."
)
_EMPTY = "The report grows here from the moment the soak starts."
REPORT_EVERY_NS = 1_000_000_000


class SoakPage(Page):
    """Runs one soak at a time; `span` and `rhythm` can be chosen from lists that cover a minute to a day."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory, _WORDS)
        self._soaking: Soaking | None = None
        self._report_ns = 0
        self._latest: SoakReport | None = None
        self._span = _choice(SPANS, 2, "soakSpan", "How long the connection is held")
        self._rhythm = _choice(RHYTHMS, 2, "soakRhythm", "How often the tool is called")
        self._tool = ToolChoice(laboratory, "soak", may_be_none=True)
        self._at_once = NumberField(1, 100, 1, "soakConcurrency", "Calls at once each time")
        self._state = state_label("soakState")
        self._toggle = push_button("Start", "soakToggle", "Open the connection and begin", primary=True)
        self._report = Report(self, "soak", _EMPTY)
        self.column.addLayout(line("Hold the connection for", self._span))
        self.column.addLayout(line("Call", self._tool, self._rhythm, self._at_once, "at once", stretch=1))
        self.column.addWidget(self._state)
        self.column.addWidget(self._report, 1)
        self.column.addLayout(button_row(self._toggle, left=self._report.parts))
        self._toggle.clicked.connect(self._press)
        for signal in (self._span.currentIndexChanged, self._rhythm.currentIndexChanged, self._at_once.textChanged):
            signal.connect(self.refresh)
        self._tool.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """What will be done, or how it goes."""
        is_running = self.laboratory.is_running(NAME)
        for widget in (self._span, self._rhythm, self._tool, self._at_once):
            widget.setEnabled(not is_running)
        self._toggle.setText("Stop" if is_running else "Start")
        if is_running:
            self._show_progress()
            return
        self._tool.offer()
        self._rhythm.setEnabled(bool(self._tool.tool))
        self._at_once.setEnabled(bool(self._tool.tool))
        obstacle = NOT_CONNECTED if self.laboratory.session is None else self._tool.obstacle()
        self._toggle.setEnabled(not obstacle)
        if self._soaking is None or obstacle:
            self._state.say(obstacle or self._intent(), "warn" if obstacle else "muted")

    def _plan(self) -> SoakPlan:
        from inspector.session.soak import SoakPlan  # noqa: PLC0415 - the session is loaded after the window stands

        return SoakPlan(
            self._span.currentData(),
            self._tool.tool,
            self._tool.arguments() or {},
            self._rhythm.currentData(),
            self._at_once.value(),
        )

    def _intent(self) -> str:
        """What Start will do."""
        from inspector.exports.soak_report import span  # noqa: PLC0415 - with it comes the session

        plan, session = self._plan(), self.laboratory.session
        where = mask_url(session.options.url) if session else ""
        held = f"Start opens a second connection to {plain(where, 120)} for {span(plan.for_s)}"
        if not plan.tool:
            return f"{held} and calls nothing."
        return f"{held} and calls {plain(plan.tool, 60)} up to {counted(plan.most_calls, 'time')}."

    def _press(self) -> None:
        if self.laboratory.is_running(NAME):
            self._toggle.setEnabled(False)
            self.laboratory.stop(NAME)
            return
        options = self.laboratory.options()
        if options is None:
            self.refresh()
            return
        from inspector.exports.soaking import Soaking  # noqa: PLC0415 - seldom wanted

        soaking = self._soaking = Soaking(options, self._plan())
        self.laboratory.run(NAME, self._run(soaking), self._says, soaking.stop)
        self._toggle.setEnabled(True)
        self._latest = None
        self.refresh()

    async def _run(self, soaking: Soaking) -> None:
        from inspector.session.failure import ConnectError  # noqa: PLC0415

        try:
            await soaking.run()
        except ConnectError:
            pass  # the report says so
        finally:
            self._finish(soaking)

    def _says(self) -> str:
        from inspector.exports.soak_report import state_line  # noqa: PLC0415

        report = self._now()
        return f"soak, {state_line(report)}" if report else ""

    def _now(self) -> SoakReport | None:
        """How it goes, as of at most a second ago: in a flood, percentiles are not for free."""
        if self._soaking is None:
            return None
        now_ns = perf_counter_ns()
        if self._latest is None or now_ns - self._report_ns >= REPORT_EVERY_NS:
            self._latest, self._report_ns = self._soaking.report(), now_ns
        return self._latest

    def _show_progress(self) -> None:
        if self._soaking is None or self._soaking.is_over:
            return
        from inspector.exports import soak_report  # noqa: PLC0415

        report = self._now()
        if report is not None:
            self._state.say(soak_report.state_line(report), "note")
            self._report.show_report(soak_report.as_text(report), soak_report.as_markdown(report))

    def _finish(self, soaking: Soaking) -> None:
        from inspector.exports import soak_report  # noqa: PLC0415

        report = soaking.report()
        is_good = soak_report.is_good(report)
        self._state.say(f"{'✓' if is_good else '✕'} {soak_report.verdict(report)}", "good" if is_good else "bad")
        self._report.show_report(soak_report.as_text(report), soak_report.as_markdown(report))
        self._toggle.setText("Start")
        self._toggle.setEnabled(True)


def _choice(entries: tuple[tuple[str, float], ...], start: int, name: str, meaning: str) -> QComboBox:
    box = QComboBox()
    for words, value in entries:
        box.addItem(words, value)
    box.setCurrentIndex(start)
    box.setObjectName(name)
    box.setAccessibleName(meaning)
    box.setToolTip(meaning)
    return box
