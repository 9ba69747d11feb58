"""Secrets that are known by how they look: tokens of the big services, JWT, private keys, credentials of HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class Shape(NamedTuple):
    """A secret that is known by how it begins: `needle` is in every text that holds one."""

    place: str
    needle: bytes
    prefix: re.Pattern[bytes]
    rest: re.Pattern[bytes]
    is_secret: Callable[[bytes], object]


_B64 = re.compile(rb"[A-Za-z0-9\-._~+/]*+=*+")
_URL64 = re.compile(rb"[A-Za-z0-9_\-]*+")
_DOTTED = re.compile(rb"[A-Za-z0-9_\-.]*+")
_NOT_DASH = re.compile(rb"[^-]*+")
_PARAMETER = re.compile(rb"[a-z_]+=\Z")
_NUMBERED = re.compile(rb"[A-Za-z]*+[^A-Za-z]|[a-z]+[A-Z]|[A-Za-z]{20}")


def _is_credential(secret: bytes) -> bool:
    """Not the next word of a sentence, nor a parameter of a challenge."""
    return len(secret) >= 6 and not _PARAMETER.match(secret) and _NUMBERED.match(secret) is not None


def _at_least(count: int) -> Callable[[bytes], object]:
    return lambda secret: len(secret) >= count


def begins(before: bytes, word: bytes = b"") -> bytes:
    """A pattern for `word` with none of `before` in front of it, unless that ends an escape of JSON, such as `\\n`."""
    return word + rb"(?:(?<![%s]%s)|(?<=\\[bfnrt]%s)|(?<=\\u00[01][0-9a-fA-F]%s))" % (before, word, word, word)


def _shape(word: str, needle: bytes, prefix: bytes, rest: re.Pattern[bytes], test: Callable[[bytes], object]) -> Shape:
    return Shape(f"text {word}", needle, re.compile(prefix), rest, test)


_SCHEME_GAP = rb"(?:[ \t]|%20|\+)+"
SHAPES = (
    _shape("bearer token", b"earer", begins(b"A-Za-z", b"(?i:bearer)") + _SCHEME_GAP, _B64, _is_credential),
    _shape("bearer token", b"EARER", begins(b"A-Za-z", b"BEARER") + _SCHEME_GAP, _B64, _is_credential),
    _shape("DPoP token", b"DPoP", begins(b"A-Za-z", b"DPoP") + _SCHEME_GAP, _B64, _is_credential),
    _shape("basic credentials", b"asic", begins(b"A-Za-z", b"[Bb]asic") + _SCHEME_GAP, _B64, _is_credential),
    _shape(
        "JWT", b"eyJ", b"(?=eyJ)" + begins(b"A-Za-z0-9"), _DOTTED, lambda secret: b"." in secret and len(secret) > 16
    ),
    _shape("private key", b"PRIVATE", rb"-----BEGIN [A-Z ]{0,24}PRIVATE KEY-----", _NOT_DASH, _at_least(1)),
    *(
        _shape("API key", prefix, begins(b"A-Za-z0-9", re.escape(prefix)), _URL64, _at_least(least))
        for prefix, least in (
            *((b"sk-", 12), (b"sk_", 12), (b"pk_live_", 12), (b"rk_live_", 12), (b"ghp_", 16), (b"gho_", 16)),
            *((b"ghu_", 16), (b"ghs_", 16), (b"ghr_", 16), (b"github_pat_", 16), (b"glpat-", 12), (b"xoxb-", 12)),
            *((b"xoxp-", 12), (b"xapp-", 12), (b"AKIA", 16), (b"ASIA", 16), (b"AIza", 24), (b"ya29.", 12)),
            *((b"npm_", 20), (b"hf_", 20), (b"pypi-", 20)),
        )
    ),
)
