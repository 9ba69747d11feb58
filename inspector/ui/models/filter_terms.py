"""Terms of a filter as text: a button puts its own into what the user wrote, and takes it out again."""

from __future__ import annotations

_QUOTES = "\"'"
_OPENING = frozenset("(,:=<>-! ")
"""What a quote opens behind; elsewhere it is part of a word, as in `don't`."""


def parts(text: str) -> list[str]:
    """The parts of `text` between spaces, leaving quotes and parentheses whole."""
    found: list[str] = []
    start, at, depth = 0, 0, 0
    while at < len(text):
        char = text[at]
        if char in _QUOTES and (at == start or text[at - 1] in _OPENING):
            at = _behind_quote(text, at)
            continue
        depth += (char == "(") - (char == ")")
        if char.isspace() and depth <= 0:
            found.append(text[start:at])
            start = at + 1
        at += 1
    return [part for part in (*found, text[start:]) if part]


def has(text: str, term: str) -> bool:
    """Whether every row that passes `text` passes `term`, which stands in it as it is."""
    found = parts(text)
    return term in found and not _offers_choice(found)


def added(text: str, term: str) -> str:
    """`text` and `term`, both of which must hold."""
    if has(text, term):
        return text
    found = parts(text)
    whole = f"({text.strip()})" if _offers_choice(found) else " ".join(found)
    return f"{whole} {term}".strip()


def removed(text: str, term: str) -> str:
    """`text` without `term`, and without the parentheses that `added` needed."""
    if not has(text, term):
        return text
    found: list[str] = []
    for part in parts(text):
        is_and = part.lower() == "and"
        if part != term and not (is_and and (not found or found[-1].lower() == "and")):
            found.append(part)
    if found and found[-1].lower() == "and":
        del found[-1]
    return found[0][1:-1] if len(found) == 1 and _is_enclosed(found[0]) else " ".join(found)


def replaced(text: str, prefix: str, term: str) -> str:
    """`text` with `term` in place of the terms that begin with `prefix`; an empty `term` only takes them out."""
    for part in starting(text, prefix):
        text = removed(text, part)
    return added(text, term) if term else text


def starting(text: str, prefix: str) -> list[str]:
    """The terms that begin with `prefix` and that every row must pass."""
    return [part for part in parts(text) if part.startswith(prefix) and has(text, part)]


def quoted(value: str) -> str:
    """`value` as the filter takes it behind a field."""
    if value and all(char.isalnum() or char in "_-./" for char in value) and value[0] not in "-":
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _behind_quote(text: str, at: int) -> int:
    quote, at = text[at], at + 1
    while at < len(text) and text[at] != quote:
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _is_enclosed(part: str) -> bool:
    """Whether the first parenthesis closes with the last character."""
    depth = 0
    for place, char in enumerate(part):
        depth += (char == "(") - (char == ")")
        if depth <= 0:
            return char == ")" and place == len(part) - 1
    return False


def _offers_choice(found: list[str]) -> bool:
    return any(part.lower() == "or" for part in found)
