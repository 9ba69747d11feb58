"""nginx and HAProxy as they come from Debian, started on loopback with a configuration of the test's."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
START_S = 10.0

_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  {temporary}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      {settings}
    }}
  }}
}}
"""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

_HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:{port}
  default_backend workers
backend workers
  balance roundrobin
  {settings}
  {workers}
"""


class ProxyMissing(Exception):
    """The program is not installed; the text says how to install it."""


@contextmanager
def nginx(folder: Path, upstream: int, *settings: str) -> Iterator[int]:
    """nginx before the server on port `upstream`, with these lines in its location; gives its port."""
    port = _free_port()
    temporary = "\n  ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY)
    lines = "\n      ".join(settings)
    text = _NGINX.format(folder=folder, temporary=temporary, port=port, upstream=upstream, settings=lines)
    place = _written(folder / "nginx.conf", text)
    with _running([_program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(place)], port, folder):
        yield port


@contextmanager
def haproxy(folder: Path, workers: tuple[int, ...], *settings: str) -> Iterator[int]:
    """HAProxy before servers on these ports, in turn, with these lines in its backend; gives its port."""
    port = _free_port()
    servers = "\n  ".join(f"server worker{number} 127.0.0.1:{worker}" for number, worker in enumerate(workers))
    text = _HAPROXY.format(port=port, settings="\n  ".join(settings), workers=servers)
    place = _written(folder / "haproxy.cfg", text)
    with _running([_program("haproxy"), "-db", "-f", str(place)], port, folder):
        yield port


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            _wait_until_it_listens(process, port, folder)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    limit = time.monotonic() + START_S
    while time.monotonic() < limit and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen:\n{(folder / 'proxy.log').read_text()}")


def _program(name: str) -> str:
    path = os.pathsep.join((os.environ.get("PATH", ""), SYSTEM_FOLDERS))
    found = shutil.which(name, path=path)
    if found is None:
        raise ProxyMissing(f"{name} is not installed; `apt-get install {name}` brings it, and so does .ci/run")
    return found


def _written(place: Path, text: str) -> Path:
    place.write_text(text, encoding="utf-8")
    return place


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
