"""The connection settings of the window, apart from the URL and the transport."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.protocol.era import TransportName

if TYPE_CHECKING:
    from inspector.session.options import Options


@dataclass(frozen=True, slots=True)
class Header:
    """A header of the user's; only sent while it is on."""

    name: str
    value: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """What the settings dialog edits; times are seconds."""

    headers: tuple[Header, ...] = ()
    protocol_version: str | None = None
    ca_file: Path | None = None
    insecure: bool = False
    connect_timeout_s: float = 5.0
    request_timeout_s: float = 60.0
    reset_on_progress: bool = True
    max_total_s: float = 600.0
    idle_timeout_s: float | None = None
    reconnect: bool = True
    reinitialize_on_404: bool = True

    def options(self, url: str, transport: TransportName) -> Options:
        """A session's options for this URL."""
        from inspector.session.options import Options  # noqa: PLC0415 - the session is loaded when it is needed

        return Options(
            url,
            transport=transport,
            protocol_version=self.protocol_version,
            headers=tuple((header.name, header.value) for header in self.headers if header.on),
            ca_file=self.ca_file,
            insecure=self.insecure,
            connect_timeout_s=self.connect_timeout_s,
            request_timeout_s=self.request_timeout_s,
            reset_on_progress=self.reset_on_progress,
            max_total_s=max(self.max_total_s, self.request_timeout_s),
            idle_timeout_s=self.idle_timeout_s,
            reconnect=self.reconnect,
            reinitialize_on_404=self.reinitialize_on_404,
        )
