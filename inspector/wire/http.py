"""What HTTP header fields say (RFC 9110), and which of their values nobody else may see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_plus

HeaderList = tuple[tuple[str, str], ...]
"""Header fields in the order of the wire, repeated ones included."""

MIN_LENGTH_TO_SHOW_END = 12
MAX_CHALLENGES = 32
MAX_RETRY_AFTER_S = 1e9

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAM = re.compile(rf"\s*({_WORD})\s*=\s*(?:\"((?:[^\"\\]|\\.)*+)\"?|([^\s,\"=][^\s,\"]*))(?:\s*,|\s+|$)", re.DOTALL)
_SCHEME = re.compile(rf"[\s,]*({_WORD})(?:[ \t]+|(?=,)|$)")
_TOKEN68 = re.compile(r"([A-Za-z0-9\-._~+/]+=*)\s*(?:,|$)")
_CHARSET = re.compile(r";\s*charset\s*=\s*(?:\"([^\"]*)\"?|([^\s;]*))", re.IGNORECASE)
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "dpop"})
_URL_HEADERS = frozenset({"location", "content-location", "referer"})
_SECRET_NAME = re.compile(r"token|secret|api[-_]?key|passw|credential|signature", re.IGNORECASE)
_SECRET_PARAMETERS = frozenset(
    (
        *("key", "code", "code_verifier", "sig", "auth", "authorization", "jwt", "pwd", "assertion"),
        *("client_assertion", "state"),  # `state` ties an OAuth redirect to the sign-in (RFC 6749 section 10.12)
    )
)
_HARMLESS_NAME = re.compile(
    r"_(types?|expires_at|expires_in|endpoint|uri|methods?(_supported)?|alg|supported)$", re.IGNORECASE
)
"""Names beside a secret that tell about it: `token_type`, `client_secret_expires_at`, `token_endpoint` ..."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge of a `WWW-Authenticate` field (RFC 9110 section 11.6.1); parameter names are in lower case.

    A token68, which some schemes send in place of parameters, stands under the empty name.
    """

    scheme: str
    params: dict[str, str] = field(default_factory=dict)


def get(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first field of that name, which may be in any case."""
    name = name.lower()
    return next((value for key, value in headers if key.lower() == name), None)


def media_type(value: str | None) -> str:
    """`type/subtype` of a Content-Type, in lower case and without parameters; empty if there is none."""
    return (value or "").partition(";")[0].strip().lower()


def charset(value: str | None) -> str | None:
    """The charset parameter of a Content-Type in lower case, or None."""
    match = _CHARSET.search(value or "")
    return (match[1] or match[2] or "").strip().lower() or None if match else None


def is_event_stream(value: str | None) -> bool:
    return media_type(value) == "text/event-stream"


def is_json(value: str | None) -> bool:
    """`application/json`, and what builds on it by a `+json` suffix (RFC 6839)."""
    essence = media_type(value)
    return essence == "application/json" or ("/" in essence and essence.endswith("+json"))


def mask_headers(headers: Iterable[tuple[str, str]]) -> HeaderList:
    """The same fields with the secrets masked: to be done before anything is shown or recorded."""
    return tuple((name, _shown_value(name, value)) for name, value in headers)


def mask_url(url: str) -> str:
    """The URL with passwords and token-like parameters masked; all else stays as it is, byte for byte."""
    url = re.sub(r"^([^/?#]*//[^/?#]*?):[^/?#]*@", r"\1:••••@", url)
    before, question, after = url.partition("?")
    if not question:
        before, question, after = url.partition("#")
    return before + question + re.sub(r"([^&;?#=]*)=([^&;#]*)", _mask_parameter, after)


def retry_after_s(value: str | None, now: float) -> float | None:
    """Seconds to wait by a Retry-After field (RFC 9110 section 10.2.3), never negative; None if it says nothing.

    `now` is Unix time in seconds, for fields that hold a date.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text[:64])
        return max(at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now, 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def parse_challenges(value: str | None) -> list[Challenge]:
    """All challenges of a `WWW-Authenticate` field, as far as they can be read."""
    text = value or ""
    challenges: list[Challenge] = []
    position = 0
    while len(challenges) < MAX_CHALLENGES and (match := _SCHEME.match(text, position)):
        challenge = Challenge(match[1])
        challenges.append(challenge)
        position = _read_params(text, match.end(), challenge.params)
    return challenges


def _read_params(text: str, position: int, params: dict[str, str]) -> int:
    token68 = _TOKEN68.match(text, position)
    if token68 and text[position - 1 : position] in (" ", "\t") and not _PARAM.match(text, position):
        params[""] = token68[1]
        return token68.end()
    while match := _PARAM.match(text, position):
        quoted = match[2]
        value = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        params.setdefault(match[1].lower(), value)
        position = match.end()
    return position


def is_secret_name(name: str) -> bool:
    """Whether a parameter, or a member of a JSON object, of that name holds a credential."""
    if name.lower() in _SECRET_PARAMETERS:
        return True
    return _SECRET_NAME.search(name) is not None and _HARMLESS_NAME.search(name) is None


def _shown_value(name: str, value: str) -> str:
    if name.lower() in _URL_HEADERS:
        return mask_url(value)
    return _mask_value(name, value) if _is_secret_header(name) else value


def _is_secret_header(name: str) -> bool:
    return name.lower() in _SECRET_HEADERS or _SECRET_NAME.search(name) is not None


def _mask_value(name: str, value: str) -> str:
    """The scheme or the cookie's name stays: it is no secret and tells what kind of secret was sent."""
    if name.lower().endswith("cookie") and "=" in value:
        only_first = name.lower() == "set-cookie"  # what follows are attributes
        return re.sub(r"=([^;]*)", lambda match: "=" + mask(match[1]), value, count=int(only_first))
    scheme, space, secret = value.strip().partition(" ")
    if not space:
        return mask(scheme)
    if scheme.lower() == "basic":  # the end of it is the end of the password, in base64
        return f"{scheme} •••• ({len(secret)} characters)"
    return f"{scheme} {mask(secret)}"


def mask(secret: str) -> str:
    """A secret as it may be shown: its length, and its end if that gives little away."""
    end = f", ends in {secret[-4:]}" if len(secret) >= MIN_LENGTH_TO_SHOW_END else ""
    return f"•••• ({len(secret)} characters{end})"


def _mask_parameter(match: re.Match[str]) -> str:
    return f"{match[1]}=••••" if match[2] and is_secret_name(unquote_plus(match[1])) else match[0]
