"""What servers ask the user: one question at a time, and never more than the user can stand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from inspector.protocol import roots
from inspector.record.text import counted, plain
from inspector.ui.settings import ConnectionSettings
from inspector.ui.user_data import UserData

if TYPE_CHECKING:
    from inspector.session.options import AuthorizationPrompt, Callbacks
    from inspector.ui.dialogs.question_dialog import QuestionDialog

log = logging.getLogger(__name__)

MAX_WAITING = 50
"""Questions beyond these are answered with no and never shown."""
MAX_FOLLOWED = 5
"""Opened addresses whose completion is still shown."""
TOO_MANY = f"More than {MAX_WAITING} questions wait for the user, so this one was not shown."
DECLINED_ALL = "The user wants no more questions of this server."
CLOSED = "The window was closed."
SAMPLING, ELICITATION, ROOTS, SIGN_IN = "sampling", "elicitation", "roots", "sign-in"

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(eq=False)
class _Round:
    """The questions of one connection."""

    settings: ConnectionSettings
    asked: int = 0
    declines_all: bool = False


@dataclass(eq=False)
class _Question:
    """One that is open or waits; its future is what the server's request waits for."""

    kind: str
    text: str
    make: Callable[[], QuestionDialog]
    round: _Round
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    dialog: QuestionDialog | None = None


class Questions(QObject):
    """Shows the questions of servers in dialogs that belong to `window`; nothing here ever blocks.

    `question_asked` carries the kind and one sentence for each that comes, `queue_changed` how many are open or wait.
    `server` is the name that the dialogs show, `is_stateless` marks what its revision deprecates.
    """

    question_asked = Signal(str, str)
    queue_changed = Signal(int)

    def __init__(self, window: QWidget, data: UserData | None = None) -> None:
        super().__init__(window)
        self.server = ""
        self.is_stateless = False
        self.data = data or UserData()
        self._window = window
        self._queue: list[_Question] = []
        self._followed: list[QuestionDialog] = []
        self._is_closed = False

    @property
    def length(self) -> int:
        """How many questions are open or wait."""
        return len(self._queue)

    @property
    def is_signing_in(self) -> bool:
        """Whether the connection waits for the user to sign in."""
        return any(question.kind == SIGN_IN for question in self._queue)

    def callbacks(self, settings: ConnectionSettings | None = None) -> Callbacks:
        """The callbacks for one new connection: what its settings switch off is None."""
        from inspector.session.options import Callbacks  # noqa: PLC0415 - the session is loaded when it is needed

        wanted = settings or ConnectionSettings()
        this_round = _Round(wanted)
        modes = tuple(mode for mode in ("form", "url") if getattr(wanted, f"elicitation_{mode}"))
        return Callbacks(
            sampling=partial(self._sample, this_round) if wanted.sampling else None,
            elicitation=partial(self._elicit, this_round) if modes else None,
            roots=self._list_roots if wanted.roots else None,
            authorize=partial(self._authorize, this_round),
            elicitation_modes=modes,
        )

    def note(self, method: str, params: Any) -> None:
        """Hear a notification: the server may say that what happened at an address is done (R33)."""
        if method != "notifications/elicitation/complete" or not isinstance(params, dict):
            return
        from inspector.ui.dialogs.elicitation_link import ElicitationLinkDialog  # noqa: PLC0415 - the rare case

        for dialog in self._followed:
            if isinstance(dialog, ElicitationLinkDialog) and dialog.elicitation_id == params.get("elicitationId"):
                dialog.show_complete()

    def close(self) -> None:
        """The window closes: every question is cancelled, and so is each that still comes."""
        self._is_closed = True
        for question in tuple(self._queue):
            self._say_no(question, CLOSED, "cancel")
        for dialog in tuple(self._followed):
            dialog.withdraw()

    async def _sample(self, this_round: _Round, params: dict[str, Any]) -> dict[str, Any]:
        def make() -> QuestionDialog:
            from inspector.ui.dialogs.sampling_dialog import SamplingDialog  # noqa: PLC0415 - built when asked for

            return SamplingDialog(params, self.data, self.server, self._window, is_deprecated=self.is_stateless)

        text = "The server asks for a model’s answer."
        answer: dict[str, Any] = await self._ask(_Question(SAMPLING, text, make, this_round))
        return answer

    async def _elicit(self, this_round: _Round, params: dict[str, Any]) -> dict[str, Any]:
        def make() -> QuestionDialog:
            from inspector.ui.dialogs.elicitation_dialog import elicitation_dialog  # noqa: PLC0415 - as above

            return elicitation_dialog(params, self.server, self._window)

        is_url = params.get("mode") == "url"
        settings = this_round.settings
        if not (settings.elicitation_url if is_url else settings.elicitation_form):
            raise _refused(f"This client did not declare elicitation in the mode {'url' if is_url else 'form'}.")
        text = f"The server asks: {plain(str(params.get('message', '')), 120)}"
        answer: dict[str, Any] = await self._ask(_Question(ELICITATION, text, make, this_round))
        return answer

    async def _list_roots(self, params: dict[str, Any]) -> dict[str, Any]:
        """The roots that the user wrote down for servers; writing them was the consent."""
        given = self.data.roots()
        self.question_asked.emit(ROOTS, f"The server asked for the roots and was given {counted(len(given), 'root')}.")
        return roots.result(given)

    async def _authorize(self, this_round: _Round, prompt: AuthorizationPrompt) -> str:
        def make() -> QuestionDialog:
            from inspector.ui.dialogs.authorization_dialog import AuthorizationDialog  # noqa: PLC0415 - as above

            return AuthorizationDialog(prompt, self.server, self._window)

        address: str = await self._ask(_Question(SIGN_IN, "The server wants you to sign in.", make, this_round))
        return address

    async def _ask(self, question: _Question) -> Any:
        """Wait for the user. Raises `Refused`; cancelling takes the question away."""
        this_round = question.round
        this_round.asked += 1
        self._queue.append(question)
        may_flood = question.kind != SIGN_IN  # a sign-in is begun by us, not by the server
        if self._is_closed:
            self._say_no(question, CLOSED, "cancel")
        elif may_flood and this_round.declines_all:
            self._say_no(question, DECLINED_ALL, "decline")
        elif may_flood and len(self._queue) > MAX_WAITING:
            self._say_no(question, TOO_MANY, "cancel")
        else:
            self.question_asked.emit(question.kind, question.text)
            self._go_on()
        try:
            return await question.answer
        finally:
            self._drop(question)

    def _go_on(self) -> None:
        """Open the next question if none is open, and tell the open one how many wait."""
        while self._queue and self._queue[0].dialog is None and not self._is_closed:
            self._open(self._queue[0])
        self.queue_changed.emit(len(self._queue))
        if self._queue and (dialog := self._queue[0].dialog) is not None:
            dialog.set_waiting(len(self._queue) - 1, self._queue[0].round.asked)

    def _open(self, question: _Question) -> None:
        try:
            dialog = question.make()
        except Exception:  # whatever a server sent to break it: its request must not wait for ever
            log.exception("A question of the server's cannot be shown; this is a bug of the inspector")
            self._say_no(question, "The question could not be shown.", "cancel")
            return
        question.dialog = dialog
        dialog.answered.connect(partial(self._answered, question))
        dialog.refused.connect(lambda sentence: self._answered(question, _refused(sentence)))
        dialog.all_declined.connect(partial(self._decline_all, question.round))
        dialog.open()

    def _answered(self, question: _Question, result: Any) -> None:
        dialog = question.dialog
        question.dialog = None
        self._settle(question, result)
        if dialog is not None and dialog.isVisible() and question.kind == ELICITATION:
            self._follow(dialog)

    def _follow(self, dialog: QuestionDialog) -> None:
        """An opened address stays on the screen for a while, but it is not in the way of the next question."""
        self._followed.append(dialog)
        dialog.finished.connect(lambda: self._followed.remove(dialog))
        if len(self._followed) > MAX_FOLLOWED:
            self._followed[0].withdraw()

    def _decline_all(self, this_round: _Round) -> None:
        this_round.declines_all = True
        for question in self._queue[1:]:
            if question.round is this_round:
                self._say_no(question, DECLINED_ALL, "decline")

    def _say_no(self, question: _Question, sentence: str, action: str) -> None:
        """No in the words of the kind: an elicitation has an action for it, the others are refused."""
        self._settle(question, {"action": action} if question.kind == ELICITATION else _refused(sentence))

    def _settle(self, question: _Question, result: Any) -> None:
        if not question.answer.done():
            if isinstance(result, Exception):
                question.answer.set_exception(result)
                question.answer.exception()  # it is known, also where nobody waits any more
            else:
                question.answer.set_result(result)
        self._drop(question)

    def _drop(self, question: _Question) -> None:
        """Out of the queue, and off the screen if nobody answered it."""
        if question not in self._queue:
            return
        self._queue.remove(question)
        if question.dialog is not None:
            question.dialog.withdraw()
        self._go_on()


def _refused(sentence: str) -> Exception:
    from inspector.session.options import Refused  # noqa: PLC0415 - the session is loaded when it is needed

    return Refused(sentence)
