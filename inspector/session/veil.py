"""What keeps the credentials of an exchange out of the river: held back until the end, then told masked."""

from __future__ import annotations

from inspector.protocol.transports.answer import Head
from inspector.wire.masking import MASK, mask_body


class Veil:
    """For one exchange with an authorization server; lengths, offsets and times stay true.

    What is known to be `secrets` is masked wherever it stands: servers like to repeat what they were told. The set
    grows by what is found, so that the exchanges of one sign-in share it.
    """

    def __init__(self, secrets: set[bytes] | None = None) -> None:
        self.secrets: set[bytes] = set() if secrets is None else secrets
        self._held: list[tuple[int, bytes]] = []

    def over(self, body: bytes, content_type: str | None) -> bytes:
        """A body as it may be told."""
        masked, found = mask_body(body, content_type, self.secrets)
        self.secrets |= found
        return masked

    def hold(self, now_ns: int, chunk: bytes) -> None:
        """A chunk came: what is secret in it can only be seen once the rest is here."""
        self._held.append((now_ns, chunk))

    def release(self, head: Head) -> list[tuple[int, bytes]]:
        """All chunks with their times, masked as one; compressed ones tell nothing at all."""
        body = b"".join(chunk for _, chunk in self._held)
        encoded = (head.get("content-encoding") or "identity").lower() != "identity"
        masked = MASK * len(body) if encoded else self.over(body, head.get("content-type"))
        told, at = [], 0
        for now_ns, chunk in self._held:
            told.append((now_ns, masked[at : at + len(chunk)]))
            at += len(chunk)
        self._held.clear()
        return told
