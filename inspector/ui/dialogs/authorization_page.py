"""The page of the connection dialog for signing in (A6): nothing needs to be filled in where a server knows OAuth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from inspector.protocol.auth.client_auth import METHODS
from inspector.ui.dialogs.authorization_checks import first_problem, port_problem
from inspector.ui.dialogs.dialog_parts import ColoredLabel, heading
from inspector.ui.forms.parts import muted_label
from inspector.ui.settings import ConnectionSettings, SignIn

MAX_CHARS = 65_536
GRANTS = (
    (None, "Off", "A server that wants a sign-in is not given one."),
    (
        "authorization_code",
        "Automatic: in the browser",
        "You are asked before the browser opens. All fields may stay empty: then the program registers itself.",
    ),
    ("client_credentials", "With the client’s own credentials", "No user: the client has a secret or a private key."),
    ("jwt_bearer", "With a workload’s token", "No user: the JWT of the workload is exchanged for a token."),
    (
        "enterprise",
        "Through an identity provider",
        "An ID token of the enterprise’s provider is exchanged for a token.",
    ),
)
ALGORITHMS = ("ES256", "ES384", "RS256", "PS256")
_CLIENT, _KEY = ("client_id", "client_secret"), ("key_file", "signing_algorithm")
_COMMON = ("scope", "authorization_server", "token_endpoint_auth_method", "dpop")
FIELDS_OF = {
    None: (),
    "authorization_code": (
        *_CLIENT,
        "client_metadata_url",
        *_KEY,
        *_COMMON,
        "callback_port",
        "require_pkce_advertised",
    ),
    "client_credentials": (*_CLIENT, *_KEY, *_COMMON),
    "jwt_bearer": ("client_id", "assertion", *_COMMON),
    "enterprise": ("idp_issuer", "idp_token_endpoint", "idp_client_id", "idp_id_token", *_CLIENT, *_COMMON),
}
_HEADER_WINS = "⚠ An Authorization header is on, and a header wins: there is no signing in while it is."


class AuthorizationPage(QWidget):
    """Grant, client, and what to insist on; secrets can be typed but never read back."""

    changed = Signal()

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__()
        self._grant = QComboBox()
        for grant, title, words in GRANTS:
            self._grant.addItem(title, (grant, words))
        self._words = muted_label()
        self._header = ColoredLabel("warn", _HEADER_WINS)
        self._form = QFormLayout()
        self._texts = {name: QLineEdit(placeholderText=hint, maxLength=MAX_CHARS) for name, _, hint in _TEXTS}
        self._key_row, self._choose = QWidget(), QPushButton("Choose…")
        self._choices = {
            "signing_algorithm": QComboBox(),
            "token_endpoint_auth_method": QComboBox(),
        }
        self._switches = {"dpop": QCheckBox(_DPOP), "require_pkce_advertised": QCheckBox(_PKCE)}
        self._lay_out()
        self.show_settings(settings)
        self._connect()

    def show_settings(self, settings: ConnectionSettings) -> None:
        sign_in = settings.auth
        self.show_header_wins(settings.sets_authorization)
        self._grant.setCurrentIndex([grant for grant, *_ in GRANTS].index(sign_in.grant))
        for name, field in self._texts.items():
            value = getattr(sign_in, name)
            field.setText("" if value is None else str(value))
        for name, box in self._choices.items():
            box.setCurrentIndex(max(0, box.findData(getattr(sign_in, name))))
        for name, switch in self._switches.items():
            switch.setChecked(getattr(sign_in, name))
        self._refresh()

    def apply_to(self, settings: ConnectionSettings) -> ConnectionSettings:
        """The settings with what this page shows; what belongs to other grants is kept."""
        return replace(settings, auth=self.sign_in())

    def sign_in(self) -> SignIn:
        shown: dict[str, Any] = {name: field.text().strip() for name, field in self._texts.items()}
        shown |= {name: box.currentData() for name, box in self._choices.items()}
        shown |= {name: switch.isChecked() for name, switch in self._switches.items()}
        shown["key_file"] = Path(shown["key_file"]) if shown["key_file"] else None
        shown["callback_port"] = None if port_problem(shown["callback_port"]) else int(shown["callback_port"])
        return SignIn(grant=self._grant.currentData()[0], **shown)

    def problem(self) -> tuple[str, QWidget] | None:
        """The first field that cannot work for the chosen grant: why, and the field."""
        fields = FIELDS_OF[self._grant.currentData()[0]]
        texts = {name: field.text().strip() for name, field in self._texts.items() if name in fields}
        found = first_problem(self._grant.currentData()[0], texts)
        return None if found is None else (found[1], self._texts[found[0]])

    def show_header_wins(self, wins: bool) -> None:
        """Say that a header of the user's already tells who they are."""
        self._header.setVisible(wins)

    def _lay_out(self) -> None:
        self._name_all()
        for name in ("client_secret", "assertion", "idp_id_token"):
            self._texts[name].setEchoMode(QLineEdit.EchoMode.Password)
        for algorithm in ALGORITHMS:
            self._choices["signing_algorithm"].addItem(algorithm, algorithm)
        self._choices["token_endpoint_auth_method"].addItem("As the server wants it", "")
        for method in METHODS:
            self._choices["token_endpoint_auth_method"].addItem(method, method)
        key = QHBoxLayout(self._key_row)
        key.setContentsMargins(0, 0, 0, 0)
        key.addWidget(self._texts["key_file"], 1)
        key.addWidget(self._choose)
        self._fill_form()
        page = QWidget()
        page.setLayout(self._form)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(page)
        for widget in (page, area.viewport()):
            widget.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(8)
        for part in (self._header, heading("When a server wants a sign-in"), self._grant, self._words):
            column.addWidget(part)
        column.addWidget(area, 1)

    def _fill_form(self) -> None:
        self._form.setContentsMargins(0, 0, 8, 0)
        self._form.setVerticalSpacing(8)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, title in _ROWS:
            if name in self._switches:
                self._form.addRow(self._switches[name])
            else:
                self._form.addRow(title, self._row(name))

    def _row(self, name: str) -> QWidget:
        if name == "key_file":
            return self._key_row
        return self._choices[name] if name in self._choices else self._texts[name]

    def _name_all(self) -> None:
        titles = dict(_ROWS)
        named: list[tuple[QWidget, str, str]] = [
            (self._grant, "grant", "How to sign in"),
            (self._words, "grantWords", "What this means"),
            (self._header, "headerWins", "A header wins"),
            (self._choose, "chooseKey", "Choose the file of the private key"),
            *((switch, name, switch.text()) for name, switch in self._switches.items()),
            *((field, name, titles[name]) for name, field in {**self._texts, **self._choices}.items()),
        ]
        for widget, name, label in named:
            widget.setObjectName(f"auth:{name}")
            widget.setAccessibleName(label)

    def _connect(self) -> None:
        self._grant.currentIndexChanged.connect(self._refresh)
        self._grant.currentIndexChanged.connect(self.changed)
        for field in self._texts.values():
            field.textChanged.connect(self.changed)
        self._choose.clicked.connect(self._open_chooser)

    def _refresh(self) -> None:
        grant, words = self._grant.currentData()
        self._words.setText(words)
        for name, _ in _ROWS:
            row = self._switches.get(name) or self._row(name)
            self._form.setRowVisible(row, name in FIELDS_OF[grant])

    def _open_chooser(self) -> None:
        chooser = QFileDialog(self, "Private key", self._texts["key_file"].text(), "Keys (*.pem *.key);;All files (*)")
        chooser.setObjectName("keyChooser")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self._texts["key_file"].setText)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()


_DPOP = "Bind tokens to a key of this program (DPoP)"
_PKCE = "Refuse authorization servers that do not say that they know PKCE"
_TEXTS = (
    ("client_id", "Client ID", "empty: registered by itself"),
    ("client_secret", "Client secret", "none"),
    ("client_metadata_url", "Client metadata URL", "https://example.com/client.json"),
    ("key_file", "Private key", "file in PEM form"),
    ("scope", "Scope", "empty: what the server asks for"),
    ("authorization_server", "Authorization server", "empty: the first that the server names"),
    ("callback_port", "Callback port", "empty: any free port"),
    ("assertion", "Workload’s JWT", ""),
    ("idp_issuer", "Identity provider", "https://idp.example.com"),
    ("idp_token_endpoint", "Its token endpoint", "empty: looked up"),
    ("idp_client_id", "Client ID there", ""),
    ("idp_id_token", "ID token", ""),
)
_TITLES = {name: title for name, title, _ in _TEXTS}
_ROWS = (
    *((name, _TITLES[name]) for name in ("idp_issuer", "idp_token_endpoint", "idp_client_id", "idp_id_token")),
    *((name, _TITLES[name]) for name in ("client_id", "client_secret", "client_metadata_url", "assertion", "key_file")),
    ("signing_algorithm", "Signing algorithm"),
    ("scope", _TITLES["scope"]),
    ("authorization_server", _TITLES["authorization_server"]),
    ("token_endpoint_auth_method", "Client authentication"),
    ("callback_port", _TITLES["callback_port"]),
    ("dpop", _DPOP),
    ("require_pkce_advertised", _PKCE),
)
