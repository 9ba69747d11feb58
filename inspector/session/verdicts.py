"""What was found out about an URL, so that the next connection need not find it out again (A5)."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Protocol

from inspector.protocol.detection import Verdict
from inspector.protocol.era import TransportName
from inspector.wire import jsontext
from inspector.wire.http import mask_url

log = logging.getLogger(__name__)

MAX_REMEMBERED = 200


def default_path() -> Path:
    """The file in which the window and the commands remember."""
    import platformdirs  # noqa: PLC0415 - only where something is remembered

    return platformdirs.user_state_path("sse-mcp-inspector") / "verdicts.json"


class Verdicts(Protocol):
    """Where verdicts are kept; the key is the URL without what is secret in it."""

    def get(self, url: str) -> Verdict | None: ...

    def put(self, url: str, verdict: Verdict) -> None: ...


class FileVerdicts:
    """Verdicts in one small JSON file, the newest last. A file that cannot be read or written is as good as none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, url: str) -> Verdict | None:
        kept = self._load().get(mask_url(url))
        transport = kept.get("transport") if isinstance(kept, dict) else None
        if not isinstance(kept, dict) or transport not in list(TransportName):  # a set would want it hashable
            return None
        revision = kept.get("revision")
        return Verdict(TransportName(transport), revision if isinstance(revision, str) else None)

    def put(self, url: str, verdict: Verdict) -> None:
        kept = self._load()
        kept.pop(mask_url(url), None)
        kept[mask_url(url)] = {"transport": verdict.transport.value, "revision": verdict.revision}
        newest = dict(list(kept.items())[-MAX_REMEMBERED:])
        scratch = self._path.with_suffix(f".{os.getpid()}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_bytes(jsontext.dumps(newest))
            scratch.replace(self._path)
        except OSError as error:
            log.info("What was found out about a server is not remembered: %s", error)

    def _load(self) -> dict[str, object]:
        try:
            value = jsontext.parse(self._path.read_bytes()).value
        except OSError:
            return {}
        return value if isinstance(value, dict) else {}
