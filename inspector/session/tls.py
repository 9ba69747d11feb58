"""Whom to trust: the system's trust store, the user's own CA file, or everybody if the user insisted."""

from __future__ import annotations

import ssl
from functools import lru_cache

from inspector.session.options import Options


class UnusableCa(Exception):
    """The user's CA file holds no certificate; the text is one sentence with the next step."""


def context_of(options: Options) -> ssl.SSLContext:
    """The TLS settings of a connection. Raises `UnusableCa`."""
    if options.insecure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if options.ca_file is None:
        return _system_context()
    try:
        return ssl.create_default_context(cafile=str(options.ca_file))
    except (ssl.SSLError, OSError) as error:
        words = getattr(error, "reason", None) or error.strerror or str(error)
        raise UnusableCa(
            f"The CA file {options.ca_file} cannot be used: {words.replace('_', ' ').lower()}. "
            "Give a file with certificates in PEM format."
        ) from error


@lru_cache(maxsize=1)
def _system_context() -> ssl.SSLContext:
    import truststore  # noqa: PLC0415 - only where TLS is used

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
