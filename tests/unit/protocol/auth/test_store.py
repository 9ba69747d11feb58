"""Records are kept by issuer, as copies."""

from __future__ import annotations

from inspector.protocol.auth.store import CredentialStore, MemoryStore


def test_a_record_comes_back_until_it_is_dropped() -> None:
    store: CredentialStore = MemoryStore()
    record = {"tokens": {"https://mcp.example": {"access_token": "a"}}}
    store.save("https://as.example", record)
    record["tokens"].clear()
    loaded = store.load("https://as.example")
    assert loaded == {"tokens": {"https://mcp.example": {"access_token": "a"}}}, "the store has a copy of its own"
    assert store.load("https://as.example/") is None, "issuers are compared exactly"
    store.drop("https://as.example")
    store.drop("https://as.example")
    assert store.load("https://as.example") is None


def test_a_store_shows_no_secret() -> None:
    store = MemoryStore()
    store.save("https://as.example", {"client_secret": "hush"})
    assert "hush" not in repr(store)
