from __future__ import annotations

from pathlib import Path

import pytest

from inspector.ui.dialogs.authorization_checks import first_problem

BROWSER = "authorization_code"
JWT = "eyJh.eyJz.c2ln"
EMPTY = dict.fromkeys(
    ("client_id", "client_secret", "key_file", "assertion", "idp_issuer", "idp_token_endpoint", "idp_id_token"), ""
)


@pytest.mark.parametrize(
    ("grant", "texts"),
    [
        (None, {}),
        (BROWSER, {}),
        (BROWSER, {"scope": "mcp:read offline_access", "callback_port": "8765", "client_id": "x"}),
        (BROWSER, {"client_metadata_url": "https://example.com/client.json"}),
        (BROWSER, {"authorization_server": "http://127.0.0.1:9000"}),
        ("client_credentials", {"client_id": "x", "client_secret": "y"}),
        ("jwt_bearer", {"assertion": JWT}),
        ("enterprise", {"idp_issuer": "https://idp.example.com", "idp_id_token": JWT}),
    ],
)
def test_what_can_work_is_no_problem(grant: str | None, texts: dict[str, str]) -> None:
    assert first_problem(grant, EMPTY | texts) is None


@pytest.mark.parametrize(
    ("grant", "texts", "field", "said"),
    [
        (BROWSER, {"scope": "a  b"}, "scope", "separated by one space"),
        (BROWSER, {"scope": 'a"b'}, "scope", "no quotes"),
        (BROWSER, {"callback_port": "0"}, "callback_port", "no port"),
        (BROWSER, {"callback_port": "٣"}, "callback_port", "no port"),
        (BROWSER, {"callback_port": "70000"}, "callback_port", "no port"),
        (BROWSER, {"authorization_server": "http://example.com"}, "authorization_server", "no https address"),
        (BROWSER, {"authorization_server": "http://["}, "authorization_server", "cannot be read"),
        (BROWSER, {"client_metadata_url": "https://example.com/"}, "client_metadata_url", "needs a path"),
        (BROWSER, {"client_metadata_url": "example.com/x"}, "client_metadata_url", "no https address"),
        (BROWSER, {"key_file": "/no/such/key.pem"}, "key_file", "There is no file"),
        ("client_credentials", {}, "client_id", "client ID"),
        ("client_credentials", {"client_id": "x"}, "client_secret", "a secret or a private key"),
        ("jwt_bearer", {}, "assertion", "Paste the JWT"),
        ("jwt_bearer", {"assertion": "secret"}, "assertion", "This is no JWT"),
        ("enterprise", {"idp_id_token": JWT}, "idp_issuer", "identity provider"),
        ("enterprise", {"idp_token_endpoint": "https://idp.example.com/t"}, "idp_id_token", "ID token"),
    ],
)
def test_what_cannot_work_is_said(grant: str, texts: dict[str, str], field: str, said: str) -> None:
    found = first_problem(grant, EMPTY | texts)
    assert found is not None
    assert found[0] == field
    assert said in found[1]


def test_no_secret_stands_in_a_sentence() -> None:
    found = first_problem("jwt_bearer", EMPTY | {"assertion": "my-password"})
    assert found is not None
    assert "my-password" not in found[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", ""),
        ("-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n", ""),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n", "is encrypted"),
        ("-----BEGIN CERTIFICATE-----\n", "holds no private key"),
        ("ä", "it is no text"),
    ],
)
def test_the_file_of_a_key_is_looked_at(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "key.pem"
    path.write_text(text, encoding="utf-8")
    found = first_problem(BROWSER, EMPTY | {"key_file": str(path)})
    assert (found is None) if not said else (found is not None and said in found[1])


def test_a_folder_or_a_large_file_is_no_key(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 1_000_001)
    for path, said in ((tmp_path, "There is no file"), (large, "too large")):
        found = first_problem(BROWSER, EMPTY | {"key_file": str(path)})
        assert found is not None
        assert said in found[1]
