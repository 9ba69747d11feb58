"""Every fault of the gallery over real sockets: its rule fires and stands alone, and its control says nothing."""

from __future__ import annotations

import pytest

from inspector.servers.faults.gallery import ALL
from inspector.servers.faults.server import FaultServer
from tests.support.faults import gallery, visit

__all__ = ["gallery"]


@pytest.mark.parametrize("rule", ALL)
async def test_the_fault_fires_its_rule(gallery: FaultServer, rule: str) -> None:
    seen = await visit(gallery, rule, "hit")
    assert rule in seen.fired, seen.words()
    unexpected = set(seen.loud) - {rule, *ALL[rule].also} - {f.rule for f in seen.fired[rule].dependants}
    assert unexpected == set(), seen.words()


@pytest.mark.parametrize("rule", ALL)
async def test_the_control_is_silent(gallery: FaultServer, rule: str) -> None:
    seen = await visit(gallery, rule, "ok")
    assert ALL[rule].ok_fails or seen.failure is None, seen.words()
    assert rule not in seen.fired, seen.words()
    assert set(seen.loud) <= set(ALL[rule].ok_also), seen.words()
