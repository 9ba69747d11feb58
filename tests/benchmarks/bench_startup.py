"""Process start to painted window, against an empty PySide6 window: medians of interleaved runs.

Prints both figures and their ratio; exit code 1 if the ratio is over the bound. Run it on a machine at rest:
`uv run python tests/benchmarks/bench_startup.py`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 9
MAX_RATIO = 2.5
EMPTY_WINDOW = """
import time
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QMainWindow
application = QApplication([])
window = QMainWindow()
window.resize(1280, 800)
window.show()
application.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
painted_at_s = time.monotonic()
from inspector import report
print(report.process_age_ms(painted_at_s))
"""


def empty_ms(environment: dict[str, str]) -> float:
    """An empty window of the same size."""
    done = subprocess.run(
        [sys.executable, "-c", EMPTY_WINDOW], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout)


def ours_ms(environment: dict[str, str], report: Path) -> float:
    """The inspector's own figure for its window."""
    command = [sys.executable, "-m", "inspector", "--quit-when-done", "--report", str(report)]
    subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True)
    return float(json.loads(report.read_text())["startup_ms"]["process_to_window"])


def main() -> int:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        ours_ms(environment, report)
        pairs = [(empty_ms(environment), ours_ms(environment, report)) for _ in range(RUNS)]
    empty, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"empty window {empty:.0f} ms, inspector {ours:.0f} ms, ratio {ours / empty:.2f} (bound {MAX_RATIO})")
    return 0 if ours <= empty * MAX_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
