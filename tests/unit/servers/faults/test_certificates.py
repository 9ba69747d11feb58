"""What a client makes of the gallery's certificates."""

from __future__ import annotations

import pytest

from inspector.servers.faults.behaviour import Ground
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.server import FaultServer
from tests.support.faults import SCALE, Visited, visit

WORDS = {
    Ground.TLS_SELF_SIGNED: "self-signed",
    Ground.TLS_EXPIRED: "expired",
    Ground.TLS_WRONG_HOST: "mismatch",
    Ground.NO_TLS: "",
    Ground.NOTHING: "nothing listens",
}


async def visited(where: Ground) -> Visited:
    class Standing(Honest):
        ground = where

    faults = {"x": Fault("x", "Nothing.", Standing, Honest, Visit())}
    async with FaultServer(scale=SCALE, faults=faults) as server:
        assert server.url_of("x", "hit").startswith("https://") is (where not in (Ground.PLAIN, Ground.NOTHING))
        return await visit(server, "x", "hit", faults=faults)


@pytest.mark.parametrize("ground", [Ground.PLAIN, Ground.TLS, Ground.TLS_SOON_EXPIRED])
async def test_grounds_on_which_a_client_can_stand(ground: Ground) -> None:
    seen = await visited(ground)
    assert seen.failure is None and all(answer.ok for answer in seen.answers), seen.words()


@pytest.mark.parametrize("ground", WORDS)
async def test_grounds_on_which_it_cannot(ground: Ground) -> None:
    seen = await visited(ground)
    assert seen.failure is not None
    print(seen.failure.sentence)
    assert WORDS[ground] in seen.failure.sentence.lower()
