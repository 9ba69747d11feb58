"""Text that grows before an audience: what looks like a secret or an e-mail address is overwritten as it comes."""

from __future__ import annotations

from itertools import groupby

from inspector.record.redaction import RedactionError, RedactionRules, Redactor
from inspector.trace.events import SessionReady

EMAIL = r"[\w.+%-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63})+"
LONG_WORD = r"(?<![\w-])(?=[\w-]*?\d)(?=[\w-]*?[a-z])(?=[\w-]*?[A-Z])[\w-]{20,}+"
"""Letters of both cases and digits in one long word, as in most tokens, and hardly ever in a word of a language."""
HEX = r"(?<![0-9A-Za-z])[0-9a-fA-F]{24,}+"
UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
PATTERNS = (EMAIL, LONG_WORD, HEX, UUID)
CONTEXT_BYTES = 4_096
"""How much is read again with what follows: a name stands before its secret, and a private key is long."""
DOT = "•"
"""Stands for each byte of a secret: rows of asterisks would be rules and bold letters in Markdown."""
MAX_WORD = 512
"""A word that is longer is not waited for."""
_STAR = ord("*")
_ENCODING = "utf-8", "surrogatepass"


class VeiledText:
    """Takes a text piece by piece and gives it back without secrets.

    The word that is not complete yet is held back until `feed` brings its end or `flush` says that there is no more:
    a half secret shows as much as a whole one.
    """

    def __init__(self) -> None:
        self._redactor = Redactor(RedactionRules(patterns=PATTERNS, session_ids=True))
        self._context = b""
        self._held = ""

    def learn(self, ready: SessionReady) -> None:
        """The id of this session is a secret, wherever it is repeated."""
        self._redactor.event(ready)

    def restart(self) -> None:
        """Another text begins; what was learned stays."""
        self._context, self._held = b"", ""

    def feed(self, part: str) -> str:
        """What can be shown now that `part` came."""
        self._held += part
        end = _end_of_words(self._held)
        ready, self._held = self._held[:end], self._held[end:]
        return self._masked(ready)

    def flush(self) -> str:
        """What was held back, once nothing follows."""
        ready, self._held = self._held, ""
        return self._masked(ready)

    def words(self, text: str) -> str:
        """A short text that is complete: a name, an address, a sentence."""
        try:
            data = text.encode(*_ENCODING)
            return _dotted(data, self._redactor.body(data))
        except RedactionError:
            return DOT * len(text)

    def _masked(self, ready: str) -> str:
        if not ready:
            return ""
        data = self._context + ready.encode(*_ENCODING)
        before = len(self._context)
        self._context = data[-CONTEXT_BYTES:]
        try:
            return _dotted(data[before:], self._redactor.body(data)[before:])
        except RedactionError:  # a pattern took too long: nobody can say what stands there
            return "".join(char if char.isspace() else DOT for char in ready)


def _dotted(data: bytes, masked: bytes) -> str:
    """The masked text with a dot for each asterisk that stands for something else."""
    if masked == data:
        return data.decode("utf-8", "replace")
    is_hidden = [new == _STAR != old for old, new in zip(data, masked, strict=True)]
    parts, at = [], 0
    for hides, run in groupby(is_hidden):
        end = at + len(list(run))
        parts.append(DOT * (end - at) if hides else masked[at:end].decode("utf-8", "replace"))
        at = end
    return "".join(parts)


def _end_of_words(text: str) -> int:
    """Where the last word begins that may go on; the end of the text if that word is very long."""
    end = len(text)
    while end and not text[end - 1].isspace():
        if len(text) - end >= MAX_WORD:
            return len(text)
        end -= 1
    return end
