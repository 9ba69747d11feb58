"""The official conformance suite for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.install import NotInstalled, install


@pytest.fixture(scope="session")
def program() -> Path:
    """The suite's program."""
    try:
        return install()
    except NotInstalled as error:
        sentence = str(error)
    pytest.fail(sentence, pytrace=False)  # outside of the handler, which would add a traceback
