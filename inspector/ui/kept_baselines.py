"""Figures that the user kept to compare with: one file each, by server. No Qt."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from inspector.stats.baselines import Baseline, BaselineError, from_json

MAX_OF_A_SERVER = 10
MAX_FILES = 200
MAX_BYTES = 64 * 1024 * 1024
_SUFFIX = ".baseline.json"


class KeptBaselines:
    """The baselines of each server, the latest first; a folder that cannot be read is as good as empty."""

    def __init__(self, folder: Path | None = None) -> None:
        """The folder is made when something is kept; without one it is that of the user's configuration."""
        if folder is None:
            import platformdirs  # noqa: PLC0415 - after the first paint

            folder = platformdirs.user_config_path("sse-mcp-inspector", appauthor=False) / "baselines"
        self._folder = folder

    def of(self, server: str) -> list[Baseline]:
        """What is kept of a server; what cannot be read any more is left out."""
        found = [baseline for path in self._files(server) if (baseline := _read(path)) and baseline.server == server]
        return sorted(found, key=lambda baseline: -baseline.at)

    def keep(self, baseline: Baseline) -> str:
        """Keep it, in place of another of that name; a sentence says why it cannot be kept."""
        path = self._path(baseline.server, baseline.name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".part")
            draft.write_bytes(baseline.to_json())
            draft.replace(path)
        except OSError as error:
            return f"The baseline cannot be kept: {error.strerror or error}. Look at the rights of {self._folder}."
        for older in self.of(baseline.server)[MAX_OF_A_SERVER:]:
            self.forget(older.server, older.name)
        self._prune()
        return ""

    def forget(self, server: str, name: str) -> None:
        """Keep it no more."""
        with suppress(OSError):
            self._path(server, name).unlink(missing_ok=True)

    def _prune(self) -> None:
        """The files kept last stay."""
        with suppress(OSError):
            files = sorted(self._folder.glob(f"*{_SUFFIX}"), key=lambda path: -path.stat().st_mtime)
            for path in files[MAX_FILES:]:
                path.unlink(missing_ok=True)

    def _files(self, server: str) -> list[Path]:
        try:
            return list(self._folder.glob(f"{_digest(server)}-*{_SUFFIX}"))
        except OSError:
            return []

    def _path(self, server: str, name: str) -> Path:
        """Names and addresses are the user's and the peer's: none of them becomes part of a path."""
        return self._folder / f"{_digest(server)}-{_digest(name)}{_SUFFIX}"


def _read(path: Path) -> Baseline | None:
    try:
        return from_json(path.read_bytes()) if path.stat().st_size <= MAX_BYTES else None
    except (OSError, BaselineError):
        return None


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
