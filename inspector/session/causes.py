"""What the operating system and TLS mean by an error: a cause, and a sentence with the next step."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from inspector.trace.events import EndCause

MAX_CHAIN = 50
NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})


class Dropped(OSError):
    """The laboratory cut the connection on our side; the text is the sentence for the user."""


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that led to it, the members of groups included."""
    seen: set[int] = set()
    queue = [error]
    while queue and len(seen) < MAX_CHAIN:
        item = queue.pop(0)
        if item is None or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, BaseExceptionGroup):
            queue.extend(item.exceptions)
        queue.append(item.__cause__ or item.__context__)


def place_of(url: str) -> str:
    """Host and port as a person reads them."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    except ValueError:
        return "the server"


def cause_of(error: BaseException, place: str) -> tuple[EndCause, str] | None:
    """What this one error means, None if it says nothing by itself."""
    match error:
        case Dropped():
            return EndCause.DROPPED_BY_US, str(error)
        case ssl.SSLCertVerificationError():
            return EndCause.TLS, (
                f"The certificate of {place} is not trusted: {error.verify_message}. "
                "Give its authority with --ca FILE, or --insecure to look without checking."
            )
        case ssl.SSLWantReadError() | ssl.SSLWantWriteError():
            return None  # that is how TLS waits
        case ssl.SSLError():
            return EndCause.TLS, _tls_sentence(error, place)
        case socket.gaierror():
            name = place.rsplit(":", 1)[0]
            return EndCause.UNRESOLVED, f"The name {name} cannot be resolved. Check its spelling and the DNS."
        case ConnectionRefusedError():
            return EndCause.REFUSED, (
                f"Nothing listens at {place}: the connection was refused. Start the server, or check the port."
            )
        case ConnectionResetError() | BrokenPipeError():
            return EndCause.RESET, (
                f"{place} reset the connection. The server or something before it crashed or cut it: look into its log."
            )
        case OSError() if error.errno in NO_ROUTE:
            return EndCause.UNREACHABLE, (f"There is no route to {place}. Check the address, the network and the VPN.")
        case _:
            return None


def _tls_sentence(error: ssl.SSLError, place: str) -> str:
    reason = (error.reason or str(error)).replace("_", " ").lower()
    if error.reason in NOT_TLS:
        return f"{place} does not speak TLS ({reason}). Use http:// for this port."
    if "EOF" in (error.reason or "") or isinstance(error, ssl.SSLEOFError):
        return f"{place} closed the connection during the TLS handshake. Check that this port speaks TLS."
    return f"The TLS handshake with {place} failed: {reason}. Check which TLS versions and certificates it wants."
