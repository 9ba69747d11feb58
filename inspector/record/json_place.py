"""Where in JSON text a byte stands, as a path such as `$.params.arguments.token`."""

from __future__ import annotations

import re

from inspector.wire import jsontext

MAX_BYTES = 1_000_000
MAX_DEPTH = 200
_TOKEN = re.compile(rb'("(?:[^"\\]++|\\.)*+"?)|([\[{])|([\]}])|(,)|(:)', re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*")


def path_of(data: bytes, offset: int) -> str | None:
    """The path of the value at `offset`, in a body or in the data of an event; None if there is no JSON before it."""
    if offset > MAX_BYTES:
        return None
    start = re.search(rb"[\[{]", data)
    if start is None or start.start() >= offset:
        return None
    steps: list[str | int] = []
    is_key = False
    for token in _TOKEN.finditer(data, start.start()):
        if token.start() >= offset or (token[1] and token.end() > offset):
            break
        string, opens, closes, comma, _ = token.groups()
        if opens:
            steps.append("" if opens == b"{" else 0)
            is_key = opens == b"{"
        elif closes:
            del steps[-1:]
            is_key = False
        elif comma and steps:
            last = steps[-1]
            steps[-1] = last + 1 if isinstance(last, int) else last
            is_key = isinstance(last, str)
        elif string and is_key and steps:
            steps[-1] = str(jsontext.parse(string).value)
            is_key = False
        if len(steps) > MAX_DEPTH:
            return None
    return "$" + "".join(map(_step, steps)) if steps else None


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN.fullmatch(step) else f"[{jsontext.dumps(step).decode()}]"
