"""Where a visit goes, and what a fault makes."""

from __future__ import annotations

import pytest

from inspector.protocol.era import TransportName
from inspector.servers.faults.behaviour import Behaviour
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest


@pytest.mark.parametrize(
    ("visit", "path"),
    [
        (Visit(), "/mcp"),
        (Visit(transport=TransportName.STATELESS), "/mcp"),
        (Visit(transport=TransportName.HTTP_SSE), "/sse"),
        (Visit(transport=TransportName.HTTP_SSE, path="/p/events"), "/p/events"),
    ],
)
def test_each_transport_has_its_path(visit: Visit, path: str) -> None:
    assert visit.below == path


def test_each_side_is_made_at_the_scale_of_the_server() -> None:
    class Other(Honest):
        pass

    fault = Fault("x", "Breaks.", Honest, Other)
    hit, ok = fault.make("hit", 0.5), fault.make("ok", 2.0)
    assert (type(hit), hit.scale, type(ok), ok.scale) == (Honest, 0.5, Other, 2.0)
    assert isinstance(hit, Behaviour) and hit is not fault.make("hit", 0.5)
