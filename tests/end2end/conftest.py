"""Servers for the end-to-end tests, each of them real, on loopback and on a port of the system's choice."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import trustme

import inspector
from tests.end2end.servers import everything
from tests.end2end.servers.faults import FaultServer, StreamableMcp
from tests.support.npm import NotInstalled

TIME_LIMIT_S = 120.0
"""Against hanging only: where ten programs share two cores, each of the six that a test starts needs six seconds."""
SERVERS = Path(__file__).parent / "servers"


@pytest.fixture(autouse=True)
def bounded(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test of this folder may hang, whatever it waits for; a module may have a `TIME_LIMIT_S` of its own."""
    limit_s: float = getattr(request.module, "TIME_LIMIT_S", TIME_LIMIT_S)

    def give_up(number: int, frame: FrameType | None) -> None:
        with suppress(RuntimeError):  # what everybody waits for; without a loop the traceback says it
            for task in asyncio.all_tasks():
                task.print_stack(file=sys.stderr)
        raise TimeoutError(f"the test took longer than {limit_s:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What programs remember between runs belongs to one test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    """A server without any path yet."""
    async with FaultServer() as running:
        yield running


@pytest.fixture
def mcp(server: FaultServer) -> StreamableMcp:
    """A small MCP server at `/mcp` of the fault server."""
    speaking = StreamableMcp()
    server.routes["/mcp"] = speaking
    return speaking


@dataclass
class Program:
    """A server as a process of its own, which can be killed and started again on its port."""

    command: list[str]
    port: int
    environment: dict[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*self.command, str(self.port)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(400):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command} ended with {self.process.returncode}")
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise TimeoutError(f"{self.command} does not listen")

    def kill(self) -> None:
        """SIGKILL, and wait until it is dead."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=10)
            self.process = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def streamable(url: str, **options: Any) -> inspector.Session:
    """A session that does not find out first what the server speaks: these tests are about the transport."""
    return inspector.connect(url, transport="streamable-http", **options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def run() -> Iterator[Callable[..., Program]]:
    """Start one of the programs in `servers/`, or a module with `-m`."""
    running: list[Program] = []

    def start(name: str, *options: str) -> Program:
        program = Program([sys.executable, str(SERVERS / name), *options], free_port())
        running.append(program)
        program.start()
        return program

    yield start
    for program in running:
        program.kill()


def start_everything(mode: str) -> Program:
    """The reference server in one of its modes, `sse` or `streamableHttp`; to be killed in the end."""
    port = free_port()
    program = Program(everything.command(mode), port, everything.environment(port))
    program.start()
    return program


@pytest.fixture(scope="session")
def reference_server() -> Iterator[Callable[[str], Program]]:
    """The reference server by its mode, one process for all tests: each session gets a server object of its own."""
    running: dict[str, Program] = {}

    def in_mode(mode: str) -> Program:
        if mode not in running:
            try:
                running[mode] = start_everything(mode)
            except NotInstalled as error:
                pytest.fail(str(error), pytrace=False)
        return running[mode]

    yield in_mode
    for program in running.values():
        program.kill()


@dataclass(frozen=True)
class Tls:
    """A certificate for 127.0.0.1 and the file of the authority that signed it."""

    context: ssl.SSLContext
    ca_file: Path


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    ca_file = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return Tls(context, ca_file)
