"""What stands around the text of a presentation: the name and state of the call, big figures, and quiet buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QVBoxLayout, QWidget

from inspector.record.text import duration, plain
from inspector.stats.token_rate import TokenFigures
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import plain_label, tool_button
from inspector.ui.presented_run import Phase, Run
from inspector.ui.theme import color

NOTHING = "–"
_NAME_CHARS = 80
_SAID_CHARS = 160
_STATES = {
    Phase.WAITING: "○ waiting for the first token",
    Phase.STREAMING: "● streaming",
    Phase.DONE: "✓ done",
    Phase.FAILED: "✕ failed",
}
_AT_WORK = "● at work"
_LATE = "◌ catching up"
_ROLES = {Phase.STREAMING: "accent", Phase.DONE: "good", Phase.FAILED: "bad"}
_STEPS = 1_000


def points(scale: float, *, bold: bool = False) -> QFont:
    """The program's font, so many times as large."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    font.setBold(bold)
    return font


def state_words(run: Run, *, is_late: bool = False) -> str:
    """How far a call is; some never say a word before their answer. `is_late`: there is more to read than is shown."""
    if is_late and not run.is_over:
        return _LATE
    return _AT_WORK if run.phase is Phase.WAITING and run.events else _STATES[run.phase]


def progress_words(run: Run) -> str:
    """How far a call says it is: `3 of 5 · two to go`."""
    parts = []
    if run.done is not None:
        parts.append(f"{run.done:,.10g}" + ("" if run.total is None else f" of {run.total:,.10g}"))
    return " · ".join(filter(None, (*parts, run.said)))


class PresentationHead(QWidget):
    """Which call this is, and how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._subtitle = ElidedLabel(), ElidedLabel()
        self._state = plain_label(wrap=False)
        self._bar = QProgressBar(textVisible=False, maximum=_STEPS)
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._title, "presentationTitle", "What is called"),
            (self._subtitle, "presentationSubtitle", "Server and progress"),
            (self._state, "presentationState", "How far the call is"),
            (self._bar, "presentationProgress", "Progress of the call"),
        )
        for widget, name, accessible in named:
            widget.setObjectName(name)
            widget.setAccessibleName(accessible)
        self._subtitle.setProperty("muted", True)
        line = QHBoxLayout()
        line.setSpacing(24)
        line.addWidget(self._title, 1)
        line.addWidget(self._state, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(line)
        column.addWidget(self._subtitle)
        column.addSpacing(8)
        column.addWidget(self._bar)

    def set_scale(self, scale: float) -> None:
        """Letters of this size."""
        self._title.setFont(points(scale, bold=True))
        self._subtitle.setFont(points(0.55 * scale))
        self._state.setFont(points(0.65 * scale))
        self._bar.setFixedHeight(max(2, round(2 * scale)))

    def show_run(
        self, run: Run | None, title: str, server: str, seen: Callable[[str], str], *, is_late: bool = False
    ) -> None:
        """`title` is the tool's own, `server` the server's name, either may be empty; `seen` is what may be seen."""
        name = plain(run.name, _NAME_CHARS) if run else ""
        title, server = (plain(text, _NAME_CHARS) for text in (title if title != name else "", server))
        self._title.setText(seen(title or name or server or "Presentation"))
        said = plain(run.why or progress_words(run), _SAID_CHARS) if run else ""
        facts = (name if title else "", server if run else "", said)
        self._subtitle.setText(seen("  ·  ".join(filter(None, facts))))
        self._state.setText(state_words(run, is_late=is_late) if run else "")
        palette = self._state.palette()
        palette.setColor(self._state.foregroundRole(), color(_ROLES.get(run.phase, "muted") if run else "muted"))
        self._state.setPalette(palette)
        share = run.done / run.total if run and run.done is not None and run.total and run.total > 0 else 0.0
        is_done = run is not None and run.phase is Phase.DONE
        self._bar.setValue(_STEPS if is_done else round(min(max(share, 0.0), 1.0) * _STEPS))


class PresentationFigures(QFrame):
    """Four figures to be read from the other side of the room."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("presentationFigures")
        self._values: dict[str, QLabel] = {}
        self._captions: dict[str, QLabel] = {}
        row = self._row = QHBoxLayout(self)
        row.setSpacing(24)
        for name, caption in (
            ("Rate", "tokens/s"),
            ("First", "to the first token"),
            ("Elapsed", "elapsed"),
            ("Events", "events"),
        ):
            value, below = plain_label(NOTHING, wrap=False), ElidedLabel(caption)
            value.setObjectName(f"presentation{name}")
            value.setAccessibleName(caption)
            below.setObjectName(f"presentation{name}Caption")
            below.setAccessibleName(f"What is counted: {caption}")
            below.setProperty("muted", True)
            self._values[name], self._captions[name] = value, below
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(value)
            column.addWidget(below)
            row.addLayout(column, 1)

    def set_scale(self, scale: float) -> None:
        """Letters of this size."""
        margin = round(6 * scale)
        self._row.setContentsMargins(0, margin, 0, margin)
        for value in self._values.values():
            value.setFont(points(1.5 * scale))
        for caption in self._captions.values():
            caption.setFont(points(0.5 * scale))

    def show_figures(self, tokens: TokenFigures, run: Run | None, now_ns: int) -> None:
        """What is not known is a dash."""
        self._values["Rate"].setText(rate_words(tokens))
        how = tokens.counted_as
        self._captions["Rate"].setText(f"tokens/s, {how}" if how else "tokens/s")
        self._values["First"].setText(NOTHING if tokens.first_token_ms is None else duration(tokens.first_token_ms))
        self._values["Elapsed"].setText(NOTHING if run is None else elapsed_words(run, now_ns))
        self._values["Events"].setText(NOTHING if run is None else f"{run.events:,}")
        self._captions["Events"].setText("event" if run is not None and run.events == 1 else "events")


def rate_words(tokens: TokenFigures) -> str:
    """Tokens a second, `≈` in front of an estimate."""
    rate = tokens.per_second
    if rate is None:
        return NOTHING
    sign = "≈ " if tokens.is_estimate else ""
    return f"{sign}{rate:,.0f}" if rate >= 100 else f"{sign}{rate:.1f}"


def elapsed_words(run: Run, now_ns: int) -> str:
    """Tenths of a second while it goes on: more of them nobody can read."""
    ms = run.elapsed_ms(now_ns)
    return duration(ms) if run.is_over or ms >= 59_950 else f"{ms / 1e3:.1f} s"


class PresentationKeys(QWidget):
    """A quiet button for each key."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("presentationKeys")
        self.leave = self._button("presentationLeave", "Esc  leave", "Leave the presentation (Esc)")
        self.hide_secrets = self._button("presentationHide", "", "Hide what looks like a secret (H)", checkable=True)
        self.smaller = self._button("presentationSmaller", "−", "Smaller letters (−)")
        self.larger = self._button("presentationLarger", "+", "Larger letters (+)")
        self.scheme = self._button("presentationScheme", "D  dark or light", "Dark or light (D)")
        self.markdown = self._button("presentationMarkdown", "M  Markdown", "Show as Markdown (M)", checkable=True)
        self.full = self._button("presentationFull", "F  full screen", "Full screen or a window (F)")
        self.again = self._button(
            "presentationAgain", "Ctrl+Return  call again", "Call the same once more (Ctrl+Return)"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.leave)
        row.addStretch(1)
        for button in (self.again, self.hide_secrets, self.smaller, self.larger, self.scheme, self.markdown, self.full):
            row.addWidget(button)

    def show_hiding(self, is_hiding: bool) -> None:
        """Say whether secrets are hidden."""
        self.hide_secrets.setChecked(is_hiding)
        self.hide_secrets.setText("H  secrets hidden" if is_hiding else "H  secrets shown")

    @staticmethod
    def _button(name: str, text: str, meaning: str, *, checkable: bool = False) -> QToolButton:
        button = tool_button(text, meaning, checkable=checkable)
        button.setObjectName(name)
        return button
