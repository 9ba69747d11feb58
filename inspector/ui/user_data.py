"""What the user wrote and wants to use again: roots, answers to sampling requests, masks, dismissed findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from inspector.protocol import roots as protocol_roots
from inspector.protocol.roots import Root
from inspector.record.redaction import RedactionError, RedactionRules, Redactor
from inspector.wire import jsontext

MAX_ANSWERS = 100
MAX_PATTERNS = 100


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

    def dismissed(self) -> dict[str, dict[str, str]]:
        """The findings that are no problem: by server the rules, each with the reason."""
        kept = self._read("dismissed")
        servers = kept.items() if isinstance(kept, dict) else ()
        return {
            server: {rule: reason for rule, reason in rules.items() if isinstance(reason, str)}
            for server, rules in servers
            if isinstance(rules, dict)
        }

    def set_dismissed(self, dismissed: Mapping[str, Mapping[str, str]]) -> None:
        self._write("dismissed", dismissed)

    def expectations(self) -> dict[str, str]:
        """What is expected of each server, as text."""
        kept = self._read("expectations")
        servers = kept.items() if isinstance(kept, dict) else ()
        return {server: text for server, text in servers if isinstance(text, str)}

    def set_expectations(self, texts: Mapping[str, str]) -> None:
        self._write("expectations", texts)

    def redaction(self) -> RedactionRules:
        """What is masked in all that leaves; patterns that cannot be used any more are left out."""
        kept = self._read("redaction")
        kept = kept if isinstance(kept, dict) else {}
        patterns = kept.get("patterns")
        usable = [pattern for pattern in patterns if _is_pattern(pattern)] if isinstance(patterns, list) else []
        return RedactionRules(patterns=tuple(usable[:MAX_PATTERNS]), session_ids=kept.get("session_ids") is True)

    def set_redaction(self, rules: RedactionRules) -> None:
        """Keep the patterns and whether ids of sessions are masked; that all is left open is never kept."""
        self._write("redaction", {"patterns": list(rules.patterns), "session_ids": rules.session_ids})

    def _read(self, key: str) -> Any:
        text = self._settings.value(key, "")
        return jsontext.parse(text).value if isinstance(text, str) else None

    def _write(self, key: str, value: Any) -> None:
        self._settings.setValue(key, jsontext.dumps(value).decode())
        self._settings.sync()


def _is_pattern(pattern: object) -> bool:
    try:
        return isinstance(pattern, str) and bool(Redactor(RedactionRules(patterns=(pattern,))))
    except RedactionError:
        return False
