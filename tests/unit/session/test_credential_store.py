"""Credentials in a keyring that works, and in one that does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from inspector.session.credential_store import SERVICE, KeyringStore

URL, ISSUER = "https://h/mcp", "https://as"


@dataclass
class Ring:
    """A keyring in memory; `broken` makes it raise like one without a backend."""

    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: bool = False

    def __call__(self) -> Ring:
        if self.broken:
            raise RuntimeError("no backend for refresh-1")
        return self

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.kept.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.kept[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.kept[service_name, username]


async def test_what_one_session_saves_the_next_one_loads() -> None:
    ring = Ring()
    first = KeyringStore(URL, pytest.fail, ring)
    await first.open()
    first.save(ISSUER, {"refresh_token": "refresh-1"})
    first.save("other", {"refresh_token": "b"})
    first.drop("other")
    await first.close()
    assert set(ring.kept) == {(SERVICE, URL)}
    second = KeyringStore(URL, pytest.fail, ring)
    await second.open()
    assert second.load(ISSUER) == {"refresh_token": "refresh-1"} and second.load("other") is None
    await second.close()


async def test_another_server_sees_nothing_of_it() -> None:
    ring = Ring()
    for url in (URL, "https://h/other"):
        store = KeyringStore(url, pytest.fail, ring)
        await store.open()
        assert store.load(ISSUER) is None
        store.save(ISSUER, {"a": 1})
        await store.close()
    assert len(ring.kept) == 2


async def test_dropping_all_leaves_no_entry() -> None:
    ring = Ring()
    store = KeyringStore(URL, pytest.fail, ring)
    store.save(ISSUER, {"a": 1})
    store.drop(ISSUER)
    store.drop(ISSUER)
    await store.close()
    assert ring.kept == {}


async def test_records_are_copies() -> None:
    store = KeyringStore(URL, pytest.fail, Ring())
    record = {"scopes": ["a"]}
    store.save(ISSUER, record)
    record["scopes"].append("b")
    loaded = store.load(ISSUER)
    assert loaded == {"scopes": ["a"]}
    loaded["scopes"].append("c")
    assert store.load(ISSUER) == {"scopes": ["a"]}
    await store.close()


async def test_without_a_keyring_it_is_kept_in_memory_and_said_once() -> None:
    notes: list[str] = []
    store = KeyringStore(URL, notes.append, Ring(broken=True))
    await store.open()
    await store.open()
    store.save(ISSUER, {"refresh_token": "refresh-1"})
    assert store.load(ISSUER) == {"refresh_token": "refresh-1"}
    await store.close()
    assert len(notes) == 1 and notes[0].endswith(".") and "RuntimeError" in notes[0]
    assert "refresh-1" not in notes[0] + repr(store)


async def test_a_keyring_that_breaks_later_is_given_up() -> None:
    notes: list[str] = []
    ring = Ring()
    store = KeyringStore(URL, notes.append, ring)
    await store.open()
    ring.broken = True
    store.save(ISSUER, {"a": 1})
    await store.close()
    store.save(ISSUER, {"a": 2})
    assert len(notes) == 1 and store.load(ISSUER) == {"a": 2} and ring.kept == {}


@pytest.mark.parametrize("text", ["{", "[1]", '{"https://as": 3}', ""])
async def test_an_entry_that_is_none_of_ours_is_nothing(text: str) -> None:
    store = KeyringStore(URL, pytest.fail, Ring({(SERVICE, URL): text}))
    await store.open()
    assert store.load(ISSUER) is None
    await store.close()
