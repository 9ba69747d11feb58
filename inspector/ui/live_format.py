"""Text that is still coming, made readable: the end of a long Markdown, JSON that is not closed yet. No Qt."""

from __future__ import annotations

import re

from inspector.wire import jsontext

MAX_MARKDOWN = 32_768
MAX_MARKDOWN_LINES = 400
"""Qt lays long tables and lists out in quadratic time."""
MAX_JSON = 65_536
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)", re.MULTILINE)
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*("?)|[\[\]{}]', re.DOTALL)
_CLOSERS = {"{": "}", "[": "]"}
_CUT_WORD = re.compile(r"(?<=[\[,:\s])(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-?\d+(?:\.\d+)?[eE][+-]?|-?\d+\.|-)$")
_CUT_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$")
_DANGLING = re.compile(r'(?:,\s*|(?:,\s*)?"(?:[^"\\]|\\.)*"\s*:\s*)$', re.DOTALL)


def markdown_tail(text: str) -> tuple[str, int]:
    """The last part that can be laid out quickly, from the start of a paragraph; and how many characters are left out.

    A fence that was opened in what is left out is opened again.
    """
    start = max(0, len(text) - MAX_MARKDOWN)
    lines = text.count("\n", start)
    while lines > MAX_MARKDOWN_LINES:
        start = text.index("\n", start) + 1
        lines -= 1
    if start == 0:
        return text, 0
    paragraph = text.find("\n\n", start)
    if 0 <= paragraph < len(text) - MAX_MARKDOWN // 4:
        start = paragraph + 2
    fences = _FENCE.findall(text, 0, start)
    reopened = f"{fences[-1]}\n" if len(fences) % 2 else ""
    return reopened + text[start:], start


def json_so_far(text: str) -> tuple[str, bool, str]:
    """The text indented if it is JSON or the beginning of some; whether it is; and a sentence where it is not whole."""
    if len(text) > MAX_JSON:
        return text, False, "The text is too long to be indented while it comes; it is shown as it is."
    parsed = jsontext.parse(text)
    if parsed.error is None:
        return jsontext.pretty(parsed.value), True, ""
    closed = jsontext.parse(_closed(text))
    if closed.error is None and isinstance(closed.value, dict | list):
        return jsontext.pretty(closed.value), True, "The JSON is not complete yet."
    return text, False, "The text is no JSON; it is shown as it is."


def _closed(text: str) -> str:
    """The beginning of a JSON text with all that is open in it closed."""
    open_brackets: list[str] = []
    quote = ""
    for token in _JSON_TOKEN.finditer(text):
        if token[0][0] == '"':
            quote = "" if token[1] else '"'
        elif token[0] in _CLOSERS:
            open_brackets.append(token[0])
        elif open_brackets:
            open_brackets.pop()
    cut = _CUT_ESCAPE.sub(r"\1", text) + quote if quote else _CUT_WORD.sub("", text)
    brackets = "".join(_CLOSERS[bracket] for bracket in reversed(open_brackets))
    for attempt in (cut, _DANGLING.sub("", cut)):
        if jsontext.parse(attempt + brackets).error is None:
            return attempt + brackets
    return _without_last_key(cut) + brackets


def _without_last_key(text: str) -> str:
    """A name whose value has not begun: `{"a": 1, "b"`."""
    return re.sub(r'(?:,\s*)?"(?:[^"\\]|\\.)*"$', "", text.rstrip(), flags=re.DOTALL)
