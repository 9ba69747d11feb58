"""Registrations and tokens in the keyring of the operating system, so that the next session needs no sign-in.

The keyring may be slow, ask for a password, or not exist: it is read once in a thread before it is needed, and
written in a thread. What it cannot keep is kept until the program ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any, Protocol

from inspector.wire import jsontext

SERVICE = "sse-mcp-inspector"
OPEN_TIMEOUT_S = 60.0
"""How long the user may take to unlock the keyring."""

Records = dict[str, dict[str, Any]]
"""What is known to one MCP server's authorization servers, by issuer."""


class Backend(Protocol):
    """What we use of the `keyring` library."""

    def get_password(self, service_name: str, username: str) -> str | None: ...

    def set_password(self, service_name: str, username: str, password: str) -> None: ...

    def delete_password(self, service_name: str, username: str) -> None: ...


class KeyringStore:
    """A `CredentialStore` for one MCP server: one entry of the keyring, under the server's URL.

    `note` is called once, with a sentence, if the keyring cannot be used.
    """

    def __init__(self, url: str, note: Callable[[str], None], backend: Callable[[], Backend] | None = None) -> None:
        self._url = url
        self._note = note
        self._backend = backend or _system_keyring
        self._records: Records = {}
        self._is_open = False
        self._works = True
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keyring")

    def __repr__(self) -> str:
        return f"KeyringStore({len(self._records)} issuers)"

    async def open(self) -> None:
        """Read what an earlier session kept; to be awaited before the first `load`. Never raises."""
        if self._is_open:
            return
        self._is_open = True
        reading = asyncio.get_running_loop().run_in_executor(self._worker, self._read)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                self._records = await reading | self._records
        except Exception as error:  # every backend raises what it likes
            self._give_up(error)

    def load(self, issuer: str) -> dict[str, Any] | None:
        return deepcopy(self._records.get(issuer))

    def save(self, issuer: str, record: dict[str, Any]) -> None:
        self._records[issuer] = deepcopy(record)
        self._keep()

    def drop(self, issuer: str) -> None:
        if self._records.pop(issuer, None) is not None:
            self._keep()

    async def close(self) -> None:
        """Wait until all is written."""
        await asyncio.get_running_loop().run_in_executor(None, self._worker.shutdown)

    def _keep(self) -> None:
        if not self._works:
            return
        text = jsontext.dumps(self._records).decode() if self._records else ""
        writing = asyncio.get_running_loop().run_in_executor(self._worker, self._write, text)
        writing.add_done_callback(self._on_written)

    def _on_written(self, done: asyncio.Future[None]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        """The type of the error must do: its text may repeat what was to be kept."""
        if self._works:
            self._works = False
            self._note(
                f"The keyring of this system cannot be used ({type(error).__name__}), so the sign-in is kept only "
                "until this program ends. Unlock it, or install one, to stay signed in."
            )

    def _read(self) -> Records:
        text = self._backend().get_password(SERVICE, self._url)
        value = jsontext.parse(text or "").value
        kept = value if isinstance(value, dict) else {}
        return {issuer: record for issuer, record in kept.items() if isinstance(record, dict)}

    def _write(self, text: str) -> None:
        backend = self._backend()
        if text:
            backend.set_password(SERVICE, self._url, text)
        elif backend.get_password(SERVICE, self._url) is not None:
            backend.delete_password(SERVICE, self._url)


def _system_keyring() -> Backend:
    import keyring  # noqa: PLC0415 - it looks for its backends, which takes time

    backend: Backend = keyring.get_keyring()
    return backend
