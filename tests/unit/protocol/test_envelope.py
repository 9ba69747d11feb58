"""What each stateless request says about itself (R41)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import envelope, era
from inspector.protocol.lifecycle import ClientFeatures

CLIENT = {"name": "sse-mcp-inspector", "version": "1"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def enveloped(params: dict[str, Any] | None, log_level: str | None = None) -> dict[str, Any]:
    return envelope.with_envelope(
        params, revision=era.STATELESS, capabilities={"roots": {}}, client_info=CLIENT, log_level=log_level
    )


def test_r41_a_request_without_params_gets_all_keys() -> None:
    assert enveloped(None) == {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": CLIENT,
            "io.modelcontextprotocol/clientCapabilities": {"roots": {}},
        }
    }


def test_r41_the_log_level_is_there_only_where_it_was_asked_for() -> None:
    assert "io.modelcontextprotocol/logLevel" not in enveloped({})["_meta"]
    assert enveloped({}, "debug")["_meta"]["io.modelcontextprotocol/logLevel"] == "debug"


def test_r41_empty_capabilities_are_sent_too() -> None:
    sent = envelope.with_envelope(None, revision=era.STATELESS, capabilities={}, client_info=CLIENT)
    assert sent["_meta"][envelope.CLIENT_CAPABILITIES] == {}


def test_r41_what_the_user_put_there_himself_wins() -> None:
    mine = {"progressToken": 7, "traceparent": "00-1", envelope.PROTOCOL_VERSION: "1999-01-01"}
    sent = enveloped({"name": "echo", "_meta": mine})
    assert sent["name"] == "echo"
    assert {key: sent["_meta"][key] for key in mine} == mine
    assert sent["_meta"][envelope.CLIENT_INFO] == CLIENT


@pytest.mark.parametrize("meta", [None, "text", 7, [], True])
def test_r41_a_meta_that_is_no_object_goes_out_as_it_is(meta: Any) -> None:
    assert enveloped({"_meta": meta, "a": 1}) == {"_meta": meta, "a": 1}


@given(st.dictionaries(st.text(), JSON) | st.fixed_dictionaries({"_meta": st.dictionaries(st.text(), JSON)}))
def test_r41_the_users_params_survive_whole_and_untouched(params: dict[str, Any]) -> None:
    before = copy.deepcopy(params)
    sent = enveloped(params, "info")
    assert params == before
    assert {key: value for key, value in sent.items() if key != "_meta"} == {
        key: value for key, value in params.items() if key != "_meta"
    }
    if isinstance(params.get("_meta", {}), dict):
        assert params.get("_meta", {}).items() <= sent["_meta"].items()
    assert enveloped(sent, "info") == sent, "twice is once"


def test_r41_only_what_can_be_answered_is_declared() -> None:
    assert envelope.client_capabilities(ClientFeatures()) == {}
    assert envelope.client_capabilities(ClientFeatures(roots=True)) == {"roots": {}}


def test_r41_everything_declared_in_the_shape_of_the_revision() -> None:
    features = ClientFeatures(roots=True, sampling=True, elicitation=True)
    assert envelope.client_capabilities(features, (envelope.TASKS_EXTENSION,)) == {
        "roots": {},
        "sampling": {"tools": {}, "context": {}},
        "elicitation": {"form": {}, "url": {}},
        "extensions": {"io.modelcontextprotocol/tasks": {}},
    }


def test_r41_only_the_modes_of_elicitation_that_are_answered_are_declared() -> None:
    features = ClientFeatures(elicitation=True, elicitation_modes=("url",))
    assert envelope.client_capabilities(features) == {"elicitation": {"url": {}}}
