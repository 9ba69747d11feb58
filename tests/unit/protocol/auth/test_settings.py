"""The user's choices."""

from __future__ import annotations

from inspector.protocol.auth.settings import AuthSettings


def test_settings_show_no_secret() -> None:
    settings = AuthSettings(client_secret="hush-1", private_key_pem="hush-2", assertion="hush-3", idp_id_token="hush-4")
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings)
