from __future__ import annotations

import pytest

from tests.support.rivers import Talk


@pytest.fixture
def river() -> Talk:
    return Talk()
