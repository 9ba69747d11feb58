"""The connection settings of the window, apart from the URL and the transport."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.protocol.era import TransportName

if TYPE_CHECKING:
    from inspector.protocol.auth.settings import AuthSettings, Grant
    from inspector.session.options import Callbacks, Options

CALLBACK_PATH = "/callback"


@dataclass(frozen=True, slots=True)
class Header:
    """A header of the user's; only sent while it is on."""

    name: str
    value: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to sign in where a server wants it; `grant` None is not at all, all that is empty is found out.

    `key_file` holds a private key in PEM form; `callback_port` None lets the system choose a port.
    """

    grant: Grant | None = "authorization_code"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    client_metadata_url: str = ""
    key_file: Path | None = None
    signing_algorithm: str = "ES256"
    token_endpoint_auth_method: str = ""
    scope: str = ""
    authorization_server: str = ""
    callback_port: int | None = None
    dpop: bool = False
    require_pkce_advertised: bool = True
    assertion: str = field(default="", repr=False)
    idp_issuer: str = ""
    idp_token_endpoint: str = ""
    idp_client_id: str = ""
    idp_id_token: str = field(default="", repr=False)

    def settings(self) -> AuthSettings | None:
        """As the session takes it; a key file that cannot be read is as good as none."""
        if self.grant is None:
            return None
        from inspector.protocol.auth.settings import AuthSettings  # noqa: PLC0415 - the session is loaded when needed

        return AuthSettings(
            grant=self.grant,
            client_id=self.client_id,
            client_secret=self.client_secret,
            client_metadata_url=self.client_metadata_url,
            private_key_pem=_text_of(self.key_file),
            signing_algorithm=self.signing_algorithm,
            scope=self.scope,
            redirect_uri=f"http://127.0.0.1:{self.callback_port}{CALLBACK_PATH}" if self.callback_port else "",
            dpop=self.dpop,
            assertion=self.assertion,
            idp_client_id=self.idp_client_id,
            idp_id_token=self.idp_id_token,
            idp_issuer=self.idp_issuer,
            idp_token_endpoint=self.idp_token_endpoint,
            token_endpoint_auth_method=self.token_endpoint_auth_method,
            authorization_server=self.authorization_server,
            require_pkce_advertised=self.require_pkce_advertised,
        )


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """What the settings dialog edits; times are seconds.

    `roots`, `sampling` and `elicitation_*` are the client capabilities that are declared; `log_level` is what the
    server shall log from, None for its own choice; `listen` asks for the stream of change notifications.
    With `paginated` a list stops after each page until the user wants the next.
    """

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
    roots: bool = True
    sampling: bool = True
    elicitation_form: bool = True
    elicitation_url: bool = True
    log_level: str | None = None
    listen: bool = True
    paginated: bool = False
    manifest_url: str = ""
    raw_method: str = "GET"
    raw_body: str = ""
    auth: SignIn = field(default_factory=SignIn)

    @property
    def sets_authorization(self) -> bool:
        """Whether a header of the user's already says who they are, which ends all signing in."""
        return any(header.on and header.name.strip().lower() == "authorization" for header in self.headers)

    def options(self, url: str, transport: TransportName, callbacks: Callbacks | None = None) -> Options:
        """A session's options for this URL; `callbacks` answer what the server asks of the user."""
        from inspector.session.options import (  # noqa: PLC0415 - the session is loaded when it is needed
            Callbacks,
            Options,
        )

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
            log_level=self.log_level,
            listen=self.listen,
            manifest_url=self.manifest_url or None,
            raw_method=self.raw_method,
            raw_body=self.raw_body.encode("utf-8", "surrogatepass"),
            auth=None if self.sets_authorization else self.auth.settings(),
            callbacks=callbacks or Callbacks(),
        )


def _text_of(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.expanduser().read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
