"""Work that takes longer than a frame, in a thread: reading files, writing copies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, Signal

log = logging.getLogger(__name__)


class Background(QObject):
    """Runs one piece of work at a time; `done` carries what it returned, `failed` a sentence.

    The work touches no widget. An error that `expected` does not name is a bug of ours, and said to be one.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(
        self, work: Callable[[], Any], expected: tuple[type[Exception], ...], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._work = work
        self._expected = expected
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        try:
            result, sentence = self._work(), ""
        except self._expected as error:
            result, sentence = None, str(error)
        except Exception:
            log.exception("Work in the background failed; this is a bug of the inspector")
            result, sentence = None, "The inspector itself failed at this; see its log."
        with suppress(RuntimeError):  # the window may have gone meanwhile, and this object with it
            self.failed.emit(sentence) if sentence else self.done.emit(result)
