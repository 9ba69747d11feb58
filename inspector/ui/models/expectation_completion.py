"""What a line of expectations may become: a form at its beginning, behind "of" and "call" the name of a tool. No Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inspector.expect.expectation import quoted
from inspector.expect.grammar import FORMS

MAX_OFFERED = 40
_NAME = re.compile(r"(?:^|\s)(?:of\s+call|of|call)\s+(\S*)$", re.IGNORECASE)


def offered(before: str, names: Sequence[str]) -> tuple[str, list[str]]:
    """What of the text before the cursor is to be replaced, and by what; nothing where nothing can be guessed."""
    named = _NAME.search(before)
    if named is not None:
        typed = named[1]
        wanted = typed.strip("\"'").lower()
        found = sorted({quoted(name) for name in names if name and name.lower().startswith(wanted)})
        return typed, _others(typed, found)
    typed = before.lstrip()
    return typed, _others(typed, [line for line, _ in FORMS if line.startswith(typed.lower())])


def _others(typed: str, found: list[str]) -> list[str]:
    return [] if found == [typed] else found[:MAX_OFFERED]
