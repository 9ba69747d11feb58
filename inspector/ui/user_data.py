"""What the user wrote and wants to use again: roots, and answers to sampling requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from inspector.protocol import roots as protocol_roots
from inspector.protocol.roots import Root
from inspector.wire import jsontext

MAX_ANSWERS = 100


class UserData:
    """An INI file in the user's configuration folder; one that cannot be read or written is as good as empty."""

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            import platformdirs  # noqa: PLC0415 - after the first paint

            path = platformdirs.user_config_path("sse-mcp-inspector", appauthor=False) / "user.ini"
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def roots(self) -> tuple[Root, ...]:
        """The roots in the user's order."""
        return protocol_roots.read(self._read("roots"))

    def set_roots(self, roots: Sequence[Root]) -> None:
        self._write("roots", protocol_roots.result(roots)["roots"])

    def answers(self) -> dict[str, dict[str, Any]]:
        """The kept answers by name: each the result of sampling/createMessage."""
        kept = self._read("answers")
        items = kept.items() if isinstance(kept, dict) else ()
        return {name: value for name, value in items if isinstance(value, dict)}

    def set_answers(self, answers: Mapping[str, dict[str, Any]]) -> None:
        """Keep these answers, the latest of them if there are too many."""
        self._write("answers", dict(list(answers.items())[-MAX_ANSWERS:]))

    def _read(self, key: str) -> Any:
        text = self._settings.value(key, "")
        return jsontext.parse(text).value if isinstance(text, str) else None

    def _write(self, key: str, value: Any) -> None:
        self._settings.setValue(key, jsontext.dumps(value).decode())
        self._settings.sync()
