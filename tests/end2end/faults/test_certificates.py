"""Every way in which TLS goes wrong, beyond the one that the gallery shows of each rule."""

from __future__ import annotations

import pytest

from inspector.servers.faults.behaviour import Ground
from inspector.servers.faults.fault import Fault
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.server import FaultServer
from inspector.trace.events import Connected, Severity
from tests.support.faults import SCALE, visit

WRONG = "tls-expired-or-wrong-host"


def on(ground: Ground) -> Fault:
    behaviour = type("OnGround", (Honest,), {"ground": ground})
    return Fault(str(ground), "Nothing.", hit=behaviour, ok=behaviour)


@pytest.mark.parametrize(
    ("ground", "rule", "severity"),
    [
        (Ground.TLS_SELF_SIGNED, "tls-untrusted", Severity.ERROR),
        (Ground.TLS_EXPIRED, WRONG, Severity.ERROR),
        (Ground.TLS_WRONG_HOST, WRONG, Severity.ERROR),
        (Ground.NO_TLS, WRONG, Severity.ERROR),
        (Ground.TLS_SOON_EXPIRED, WRONG, Severity.WARN),
        (Ground.TLS, "", None),
    ],
)
async def test_what_is_wrong_with_a_certificate(ground: Ground, rule: str, severity: Severity | None) -> None:
    faults = {str(ground): on(ground)}
    async with FaultServer(scale=SCALE, faults=faults) as server:
        seen = await visit(server, str(ground), "hit", faults=faults)
    assert seen.loud == ([rule] if rule else []), seen.words()
    if severity is not None:
        assert seen.fired[rule].severity is severity
    opened = [event for event in seen.events if isinstance(event, Connected)]
    assert all(event.tls_expires_at and event.tls_expires_at > event.at for event in opened)
