"""Garbage collection in the thread of the window only.

Python collects in whichever thread happens to allocate. A Qt object that a helper thread (a name look-up, an import)
collects is destroyed there, which Qt does not allow: at best its timers complain, at worst the program crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

CHECK_MS = 200
THRESHOLDS = (20_000, 10, 20)


class MainThreadCollector(QObject):
    """Takes collection over for as long as it lives; the young may grow more numerous than Python lets them.

    A flood makes thousands of short-lived objects between two frames, and none of them in a circle.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        before = gc.get_threshold()
        gc.disable()
        gc.set_threshold(*THRESHOLDS)
        self.destroyed.connect(gc.enable)
        self.destroyed.connect(lambda: gc.set_threshold(*before))
        timer = QTimer(self)
        timer.timeout.connect(self.check)
        timer.start(CHECK_MS)

    def check(self) -> None:
        """Collect the oldest generation that is due; that includes the younger ones."""
        due = [
            n for n, (count, limit) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)) if count > limit
        ]
        if due:
            gc.collect(due[-1])
