"""The table of what clients built on httpx-sse see."""

from __future__ import annotations

import re
from pathlib import Path

from inspector.diagnose.rules import ALL, clients
from inspector.session.body import LENS_FIX
from inspector.trace.events import Severity
from inspector.wire import lens


def test_every_difference_that_the_lens_tells_has_an_entry() -> None:
    told = set(re.findall(r'"(lens-[a-z-]+)"', Path(lens.__file__).read_text()))
    assert told == {rule.id for rule in clients.RULES}


def test_nobody_but_the_client_is_to_blame() -> None:
    assert {rule.severity for rule in clients.RULES} == {Severity.NOTE}
    assert LENS_FIX not in {rule.fix for rule in clients.RULES}, "the finding says both, one after the other"
    assert len({rule.fix for rule in clients.RULES}) == len(clients.RULES)


def test_what_a_stream_does_explains_what_such_clients_see() -> None:
    explained = {each for rule in ALL.values() for each in rule.explains}
    assert {"lens-bom", "lens-charset", "lens-held-back", "lens-content-type"} <= explained
