"""What every test lives by: no window on the screen, no unexpected log line."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.demo import demo_server

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # read when the application object is made
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="inspector-tests-")  # the user's own layout stays as it is
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="inspector-tests-")  # and their recordings

settings.register_profile("inspector", deadline=None)  # a busy machine is no failure
settings.load_profile("inspector")

WATCHED_LOGGERS = ("inspector", "asyncio")


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {self.format(record)}")


@pytest.fixture(autouse=True)
def no_unexpected_log_lines(request: pytest.FixtureRequest) -> Iterator[None]:
    """A warning that nobody looks at is a bug; a test that takes `caplog` looks at it itself."""
    collector = _Collector()
    loggers = [logging.getLogger(name) for name in WATCHED_LOGGERS]
    for logger in loggers:
        logger.addHandler(collector)
    yield
    for logger in loggers:
        logger.removeHandler(collector)
    if collector.lines and "caplog" not in request.fixturenames:
        pytest.fail("unexpected log lines:\n" + "\n".join(collector.lines))


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    """The address of a demo server that serves the tests of one file."""
    with demo_server() as url:
        yield url
