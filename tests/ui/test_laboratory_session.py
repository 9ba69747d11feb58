"""The laboratory and its sockets in the loop of the window, with and without TLS."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest
import trustme
from PySide6.QtWidgets import QApplication

import inspector
from inspector.trace.events import EndCause, HeadersReceived, StreamEnded
from tests.end2end.servers.faults import FaultServer, StreamableMcp
from tests.end2end.test_laboratory import Listening, listening
from tests.support.qt_loop import run_in_qt, until


@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "TLS"])
def test_cuts_delays_and_slow_reading_in_a_qt_loop(qapp: QApplication, tmp_path: Path, over_tls: bool) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    async def scenario() -> None:
        stream = Listening(500)
        async with FaultServer(tls=tls if over_tls else None) as server:
            server.routes["/mcp"] = StreamableMcp(listen=stream)
            url = server.url().replace("127.0.0.1", "localhost")
            options = {"transport": "streamable-http", "ca_file": tmp_path / "ca.pem"}
            async with inspector.connect(url, **options) as session:  # type: ignore[arg-type]
                for how in ("fin", "rst"):
                    await listening(session)
                    session.laboratory.drop(how=how)
                    await until(lambda: session.laboratory.open_streams() == (), "the cut")
                await listening(session)
                session.laboratory.delay(150, 150)
                session.laboratory.read_slowly(1_000)
                began = time.monotonic()
                assert (await session.call_tool("x")).ok
                assert time.monotonic() - began >= 0.3
                session.laboratory.clear()
            assert stream.saw[:2] == ["FIN", "RST"]
        events = session.river.since(0)
        dropped = [e for e in events if isinstance(e, StreamEnded) and e.cause is EndCause.DROPPED_BY_US]
        assert len(dropped) == 2
        assert all(e.socket and e.sent_ms is not None for e in events if isinstance(e, HeadersReceived))
        await asyncio.sleep(0)

    run_in_qt(qapp, scenario())
