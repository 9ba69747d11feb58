from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rivers import Talk


@pytest.fixture
def river() -> Talk:
    return Talk()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the recording of a test goes."""
    return tmp_path / "one.mcptrace"
