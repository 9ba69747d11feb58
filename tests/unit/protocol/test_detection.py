"""Finding out the transport: the order of the attempts and what each answer means for it (A5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import era
from inspector.protocol.detection import (
    Attempt,
    AttemptKind,
    AttemptResult,
    Detected,
    FailureKind,
    NotDetected,
    Verdict,
    detect,
    kind_of_status,
    verdict_of,
)
from inspector.protocol.era import TransportName

URL = "http://127.0.0.1:8000/mcp"
Server = Callable[[Attempt], AttemptResult]

DISCOVERED = AttemptResult(ok=True, status=200, supported_versions=("2025-11-25", "2026-07-28"))
INITIALIZED = AttemptResult(ok=True, status=200, supported_versions=("2025-06-18",))
NO_METHOD = AttemptResult(
    ok=False, status=200, error_code=-32601, kind_of_failure="answer", sentence="The server does not know the method."
)
NOT_FOUND = AttemptResult(ok=False, status=404, kind_of_failure="answer", sentence="There is nothing here (404).")
NOT_ALLOWED = AttemptResult(ok=False, status=405, kind_of_failure="answer", sentence="No POST here (405).")
NO_ENDPOINT = AttemptResult(
    ok=False, status=200, kind_of_failure="no-endpoint", is_stream=True, sentence="The stream names no endpoint."
)
NO_STREAM = AttemptResult(ok=False, status=200, kind_of_failure="not-a-stream", sentence="It is JSON, no stream.")
YES = AttemptResult(ok=True, status=200)


def unsupported(*versions: str, status: int = 400) -> AttemptResult:
    return AttemptResult(
        ok=False,
        status=status,
        error_code=-32022,
        error_data={"supported": list(versions), "requested": "x"},
        kind_of_failure="answer",
        sentence="The server does not support this revision.",
    )


def play(
    server: Server,
    *,
    transport: TransportName = TransportName.AUTO,
    revision: str | None = None,
    remembered: Verdict | None = None,
    url: str = URL,
) -> tuple[Detected | NotDetected, list[Attempt]]:
    """Let the search meet a server; what it came to, and the attempts on the way."""
    made: list[Attempt] = []
    steps = detect(pinned_transport=transport, pinned_revision=revision, remembered=remembered, url=url)
    try:
        attempt = next(steps)
        while len(made) < 20:
            made.append(attempt)
            attempt = steps.send(server(attempt))
    except StopIteration as end:
        return end.value, made
    except NotDetected as error:
        return error, made
    raise AssertionError("the search does not end")


def script(**answers: AttemptResult | list[AttemptResult]) -> Server:
    """A server by kind of attempt (`_` for `-`, `get` for http+sse); a list is given in order, all else is 404."""
    left = {kind: list(given) if isinstance(given, list) else [given] for kind, given in answers.items()}

    def answer(attempt: Attempt) -> AttemptResult:
        waiting = left.get("get" if attempt.kind == "http+sse" else attempt.kind.replace("-", "_"), [NOT_FOUND])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return answer


def found(server: Server, **settings: Any) -> tuple[Detected, list[str]]:
    detected, made = play(server, **settings)
    assert isinstance(detected, Detected), detected
    assert detected.sentence.endswith(".")
    return detected, [attempt.kind for attempt in made]


def failed(server: Server, **settings: Any) -> tuple[NotDetected, list[str]]:
    error, made = play(server, **settings)
    assert isinstance(error, NotDetected), error
    assert error.sentence
    return error, [attempt.kind for attempt in made]


def test_a5_a_mutual_stateless_revision_is_the_stateless_era() -> None:
    detected, kinds = found(script(discover=DISCOVERED))
    assert detected == Detected(
        TransportName.STATELESS,
        "2026-07-28",
        "The server answered server/discover with revision 2026-07-28, so it speaks the stateless era.",
    )
    assert kinds == ["discover"]


@pytest.mark.parametrize("versions", [("2025-06-18", "2024-11-05"), ("2099-01-01",), ()])
def test_a5_a_discover_result_without_one_leads_to_initialize(versions: tuple[str, ...]) -> None:
    answers = script(discover=replace(DISCOVERED, supported_versions=versions), initialize=INITIALIZED)
    detected, made = play(answers)
    assert isinstance(detected, Detected)
    assert (detected.transport, detected.revision) == (TransportName.STREAMABLE_HTTP, "2025-06-18")
    assert made[1].revision == ("2025-06-18" if "2025-06-18" in versions else era.LATEST)


@pytest.mark.parametrize("code", [-32020, -32021])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a5_errors_of_the_stateless_era_prove_it(code: int, status: int) -> None:
    refusal = AttemptResult(ok=False, status=status, error_code=code, kind_of_failure="answer", sentence="No.")
    detected, kinds = found(script(discover=refusal))
    assert (detected.transport, detected.revision, kinds) == (TransportName.STATELESS, "2026-07-28", ["discover"])
    assert str(code) in detected.sentence


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_a5_unsupported_version_with_a_mutual_one_is_asked_again_once(status: int) -> None:
    detected, kinds = found(script(discover=[unsupported("2026-07-28", status=status), DISCOVERED]))
    assert (detected.transport, kinds) == (TransportName.STATELESS, ["discover", "discover"])


def test_a5_unsupported_version_twice_is_a_failure_that_shows_the_list() -> None:
    error, kinds = failed(script(discover=unsupported("2026-07-28")))
    assert kinds == ["discover", "discover"]
    assert "It supports 2026-07-28." in error.sentence


def test_a5_unsupported_version_that_lists_handshake_revisions_leads_to_initialize() -> None:
    detected, made = play(script(discover=unsupported("2025-03-26", "2025-06-18"), initialize=INITIALIZED))
    assert isinstance(detected, Detected)
    assert made[1] == Attempt("initialize", TransportName.STREAMABLE_HTTP, "2025-06-18")


def test_a5_unsupported_version_twice_goes_to_a_listed_handshake_revision() -> None:
    _, kinds = found(script(discover=unsupported("2025-11-25", "2026-07-28"), initialize=INITIALIZED))
    assert kinds == ["discover", "discover", "initialize"]


def test_a5_unsupported_version_with_no_revision_in_common_is_a_failure() -> None:
    error, kinds = failed(script(discover=unsupported(*(f"20{n}-01-01" for n in range(30, 45)))))
    assert kinds == ["discover"]
    assert "2030-01-01" in error.sentence
    assert error.sentence.endswith("….")
    assert error.decisive.error_code == -32022


@pytest.mark.parametrize("data", [None, {}, {"supported": "2026-07-28"}, {"supported": [5]}, []])
def test_a5_unsupported_version_without_a_readable_list_leads_to_initialize(data: Any) -> None:
    _, kinds = found(script(discover=replace(unsupported(), error_data=data), initialize=INITIALIZED))
    assert kinds == ["discover", "initialize"]


@pytest.mark.parametrize(
    "refusal",
    [
        NOT_FOUND,
        NOT_ALLOWED,
        NO_METHOD,
        replace(NOT_FOUND, status=400),
        replace(NOT_FOUND, status=501),
        replace(NO_METHOD, error_code=-32600),
        replace(NO_METHOD, error_code=-32602),
        replace(NO_METHOD, error_code=-32000, status=400),
        AttemptResult(ok=False, status=200, kind_of_failure="answer", sentence="It is HTML."),
    ],
)
def test_a5_any_other_answer_leads_to_initialize(refusal: AttemptResult) -> None:
    detected, kinds = found(script(discover=refusal, initialize=INITIALIZED))
    assert kinds == ["discover", "initialize"]
    assert "2025-06-18" in detected.sentence


NO_VERDICTS = [
    *(
        AttemptResult(ok=False, status=status, kind_of_failure="auth", sentence=f"No entry ({status}).")
        for status in (401, 403, 407)
    ),
    *(
        AttemptResult(ok=False, status=status, kind_of_failure="unavailable", sentence=f"Not now ({status}).")
        for status in (408, 429, 500, 502, 503, 504)
    ),
    AttemptResult(ok=False, kind_of_failure="network", sentence="Nothing listens there."),
]


@pytest.mark.parametrize("result", NO_VERDICTS)
@pytest.mark.parametrize("at", ["discover", "initialize", "get"])
def test_a5_what_is_no_verdict_is_surfaced_at_once(at: str, result: AttemptResult) -> None:
    error, kinds = failed(script(**{"discover": NOT_FOUND, "initialize": NOT_FOUND, at: result}))
    assert error.decisive is result
    assert error.sentence == result.sentence
    assert kinds[-1].replace("http+sse", "get") == at


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a5_a_status_counts_even_if_the_driver_took_it_for_an_answer(status: int) -> None:
    error, kinds = failed(script(discover=replace(NOT_FOUND, status=status), initialize=INITIALIZED))
    assert kinds == ["discover"]
    assert error.decisive.status == status


def test_r3_a_json_rpc_error_may_come_with_status_500_and_is_an_answer() -> None:
    _, kinds = found(script(discover=replace(NO_METHOD, status=500), initialize=INITIALIZED))
    assert kinds == ["discover", "initialize"]
    failed(script(discover=replace(NO_METHOD, status=503), initialize=INITIALIZED))
    failed(script(discover=replace(NO_METHOD, status=500, kind_of_failure="unavailable"), initialize=INITIALIZED))


@pytest.mark.parametrize("versions", [("2026-07-28",), ()])
def test_a5_unsupported_version_on_initialize_probes_once_more(versions: tuple[str, ...]) -> None:
    detected, kinds = found(script(discover=[NOT_FOUND, DISCOVERED], initialize=unsupported(*versions)))
    assert detected.transport is TransportName.STATELESS
    assert kinds == ["discover", "initialize", "discover"]


def test_a5_the_second_probe_is_the_last() -> None:
    error, kinds = failed(script(discover=NO_METHOD, initialize=unsupported("2026-07-28")))
    assert kinds == ["discover", "initialize", "discover"]
    assert error.decisive.error_code == -32022
    _, kinds = failed(script(discover=unsupported("2025-11-25"), initialize=unsupported("2026-07-28")))
    assert kinds == ["discover", "initialize", "discover"]


def test_a5_initialize_that_lists_other_handshake_revisions_is_a_failure() -> None:
    error, kinds = failed(script(initialize=unsupported("2025-03-26")))
    assert kinds == ["discover", "initialize"]
    assert "2025-03-26" in error.sentence


@pytest.mark.parametrize("code", [-32020, -32021])
def test_a5_a_stateless_error_on_initialize_proves_it_too(code: int) -> None:
    answers = script(initialize=replace(NOT_FOUND, error_code=code))
    detected, kinds = found(answers)
    assert (detected.transport, detected.revision) == (TransportName.STATELESS, "2026-07-28")
    assert kinds == ["discover", "initialize"]
    assert f"initialize with {code}" in detected.sentence
    _, kinds = failed(answers, revision="2025-06-18")
    assert kinds == ["initialize"]


@pytest.mark.parametrize("status", [400, 404, 405, 406, 415, 422, 501])
def test_a5_initialize_refused_leads_to_a_get(status: int) -> None:
    detected, kinds = found(script(initialize=replace(NOT_FOUND, status=status), get=YES))
    assert (detected.transport, kinds) == (TransportName.HTTP_SSE, ["discover", "initialize", "http+sse"])


@pytest.mark.parametrize(
    "refusal", [NO_METHOD, AttemptResult(ok=False, status=200, kind_of_failure="answer", sentence="It is HTML.")]
)
def test_a5_initialize_answered_with_a_success_status_leads_nowhere_else(refusal: AttemptResult) -> None:
    error, kinds = failed(script(discover=NOT_FOUND, initialize=refusal, get=YES))
    assert kinds == ["discover", "initialize"]
    assert error.decisive is refusal


def test_a5_a_stream_without_an_endpoint_is_watched_raw() -> None:
    detected, kinds = found(script(get=NO_ENDPOINT, raw_sse=YES))
    assert (detected.transport, detected.revision) == (TransportName.RAW_SSE, None)
    assert kinds == ["discover", "initialize", "http+sse", "raw-sse"]


def test_a5_an_address_that_streams_at_every_post_is_tried_by_get_too() -> None:
    streaming = AttemptResult(
        ok=False, status=200, kind_of_failure="answer", is_stream=True, sentence="The stream has no answer."
    )
    detected, _ = found(script(discover=streaming, initialize=streaming, get=NO_ENDPOINT, raw_sse=YES))
    assert detected.transport is TransportName.RAW_SSE


@pytest.mark.parametrize("get", [NOT_ALLOWED, NO_STREAM])
def test_a5_a_manifest_that_names_the_address_makes_it_a_tool_stream(get: AttemptResult) -> None:
    detected, kinds = found(script(get=get, manifest=YES, tool_stream=YES))
    assert detected.transport is TransportName.TOOL_STREAM
    assert kinds == ["discover", "initialize", "http+sse", "manifest", "tool-stream"]


def test_a5_an_address_that_is_a_manifest_is_found_behind_a_server_that_answers_every_post() -> None:
    page = AttemptResult(ok=False, status=200, kind_of_failure="answer", sentence="It is JSON.")
    server = script(discover=page, initialize=page, get=NO_STREAM, manifest=YES, tool_stream=YES)
    detected, _ = found(server, url="http://127.0.0.1/mcp.json?x=1")
    assert detected.transport is TransportName.TOOL_STREAM
    failed(server)


def test_a5_an_endpoint_that_answers_with_an_error_is_the_end() -> None:
    error, kinds = failed(script(get=NO_METHOD))
    assert kinds == ["discover", "initialize", "http+sse"]
    assert "does not know the method" in error.sentence


@pytest.mark.parametrize("manifest", [NOT_FOUND, NO_VERDICTS[0], NO_VERDICTS[-1]])
def test_a5_all_attempts_are_reported_when_all_fail(manifest: AttemptResult) -> None:
    refusal = replace(NOT_FOUND, sentence="Not for initialize (404).")
    error, kinds = failed(script(discover=NO_METHOD, initialize=refusal, get=NOT_ALLOWED, manifest=manifest))
    assert kinds == ["discover", "initialize", "http+sse", "manifest"]
    assert error.decisive is refusal
    for name in ("server/discover", "initialize", "HTTP+SSE"):
        assert name in error.sentence
    assert "manifest" not in error.sentence, "that it has none was only worth a try"


@pytest.mark.parametrize(("status", "is_hinted"), [(422, True), (400, True), (404, False)])
def test_r81_a_tool_stream_without_a_manifest_is_to_be_chosen_by_hand(status: int, is_hinted: bool) -> None:
    refusal = replace(NOT_FOUND, status=status, sentence=f"The server answered with status {status}.")
    error, _ = failed(script(discover=refusal, initialize=refusal, get=NOT_ALLOWED, manifest=NOT_FOUND))
    assert ("by hand" in error.sentence) is is_hinted


def test_a5_attempts_that_all_met_the_same_are_told_in_one_sentence() -> None:
    error, _ = failed(script(discover=NOT_FOUND, initialize=NOT_FOUND, get=NOT_FOUND, manifest=NOT_FOUND))
    assert error.sentence.startswith(NOT_FOUND.sentence)
    assert error.sentence.count(NOT_FOUND.sentence) == 1 and "HTTP+SSE" in error.sentence


def test_a5_what_is_remembered_is_tried_first() -> None:
    server = script(initialize=INITIALIZED)
    detected, kinds = found(server, remembered=Verdict(TransportName.STREAMABLE_HTTP, "2025-06-18"))
    assert kinds == ["initialize"]
    assert detected.remembered
    assert detected.revision == "2025-06-18"


@pytest.mark.parametrize(
    "transport", [name for name in TransportName if name not in (TransportName.AUTO, TransportName.STATELESS)]
)
def test_a5_every_transport_can_be_remembered(transport: TransportName) -> None:
    detected, made = play(lambda _: YES, remembered=Verdict(transport))
    assert isinstance(detected, Detected)
    assert (detected.transport, detected.remembered) == (transport, True)
    assert len(made) == (2 if transport is TransportName.TOOL_STREAM else 1)
    assert Verdict(transport, made[0].revision) in (Verdict(transport), Verdict(transport, era.LATEST))


def test_a5_a_remembered_tool_stream_without_its_manifest_is_none() -> None:
    detected, kinds = found(script(initialize=INITIALIZED), remembered=Verdict(TransportName.TOOL_STREAM))
    assert kinds == ["manifest", "discover", "initialize"]
    assert not detected.remembered


def test_r21_a_remembered_revision_is_not_what_is_asked_for() -> None:
    _, made = play(script(initialize=INITIALIZED), remembered=Verdict(TransportName.STREAMABLE_HTTP, "2025-03-26"))
    assert [attempt.revision for attempt in made] == [era.LATEST]


def test_a5_a_remembered_verdict_that_no_longer_holds_starts_the_search_anew() -> None:
    server = script(discover=NOT_FOUND, initialize=[NOT_FOUND, INITIALIZED])
    detected, kinds = found(server, remembered=Verdict(TransportName.STREAMABLE_HTTP, "2025-11-25"))
    assert kinds == ["initialize", "discover", "initialize"]
    assert not detected.remembered


@pytest.mark.parametrize("answer", [replace(DISCOVERED, supported_versions=("2025-11-25",)), unsupported("2025-11-25")])
def test_a5_a_server_that_went_back_to_the_handshake_is_found_again(answer: AttemptResult) -> None:
    server = script(discover=answer, initialize=INITIALIZED)
    detected, _ = found(server, remembered=Verdict(TransportName.STATELESS, "2026-07-28"))
    assert (detected.transport, detected.remembered) == (TransportName.STREAMABLE_HTTP, False)


@pytest.mark.parametrize("answer", [DISCOVERED, replace(NOT_FOUND, error_code=-32021)])
def test_a5_a_remembered_stateless_server_is_probed_once(answer: AttemptResult) -> None:
    detected, kinds = found(script(discover=answer), remembered=Verdict(TransportName.STATELESS))
    assert (detected.revision, detected.remembered, kinds) == ("2026-07-28", True, ["discover"])


@pytest.mark.parametrize("result", NO_VERDICTS)
def test_a5_what_is_no_verdict_leaves_a_remembered_one_alone(result: AttemptResult) -> None:
    error, kinds = failed(script(initialize=result), remembered=Verdict(TransportName.STREAMABLE_HTTP))
    assert (error.decisive, kinds) == (result, ["initialize"])


def test_a5_a_remembered_verdict_on_nothing_is_none() -> None:
    _, kinds = found(script(discover=DISCOVERED), remembered=Verdict(TransportName.AUTO))
    assert kinds == ["discover"]


@pytest.mark.parametrize(
    ("transport", "kind"),
    [
        (TransportName.STATELESS, "discover"),
        (TransportName.STREAMABLE_HTTP, "initialize"),
        (TransportName.HTTP_SSE, "http+sse"),
        (TransportName.RAW_SSE, "raw-sse"),
        (TransportName.TOOL_STREAM, "tool-stream"),
    ],
)
def test_a5_a_transport_chosen_by_hand_is_the_only_attempt(transport: TransportName, kind: str) -> None:
    remembered = Verdict(TransportName.RAW_SSE)
    detected, kinds = found(lambda _: YES, transport=transport, remembered=remembered)
    assert (detected.transport, kinds) == (transport, [kind])
    error, kinds = failed(lambda _: NOT_FOUND, transport=transport, remembered=remembered)
    assert (error.sentence, kinds) == (NOT_FOUND.sentence, [kind])


@pytest.mark.parametrize("code", [-32020, -32021, -32601])
@pytest.mark.parametrize(
    "choice", [{"transport": TransportName.STATELESS}, {"revision": "2026-07-28"}, {"revision": "2027-01-01"}]
)
def test_a5_the_stateless_era_chosen_by_hand_needs_no_server_discover(code: int, choice: dict[str, Any]) -> None:
    detected, kinds = found(lambda _: replace(NOT_FOUND, error_code=code), **choice)
    assert detected.transport is TransportName.STATELESS
    assert detected.revision == choice.get("revision", "2026-07-28")
    assert kinds == ["discover"]


def test_a5_the_stateless_era_chosen_by_hand_takes_the_revision_that_the_server_names() -> None:
    _, kinds = found(script(discover=[unsupported("2026-07-28"), DISCOVERED]), transport=TransportName.STATELESS)
    assert kinds == ["discover", "discover"]
    error, kinds = failed(script(discover=unsupported("2026-07-28")), revision="2027-01-01")
    assert kinds == ["discover"]
    assert "2026-07-28" in error.sentence
    detected, _ = found(lambda _: YES, transport=TransportName.STATELESS)
    assert detected.revision == "2026-07-28"


def test_a5_a_handshake_revision_chosen_by_hand_skips_discovering() -> None:
    detected, made = play(script(initialize=NOT_ALLOWED, get=YES), revision="2024-11-05")
    assert isinstance(detected, Detected)
    assert made == [
        Attempt("initialize", TransportName.STREAMABLE_HTTP, "2024-11-05"),
        Attempt("http+sse", TransportName.HTTP_SSE, "2024-11-05"),
    ]
    assert detected.revision == "2024-11-05"


def test_a5_a_handshake_revision_chosen_by_hand_is_never_left_for_the_stateless_era() -> None:
    error, kinds = failed(script(discover=DISCOVERED, initialize=unsupported("2026-07-28")), revision="2025-06-18")
    assert kinds == ["initialize"]
    assert "2026-07-28" in error.sentence


def test_a5_another_revision_than_the_remembered_one_ignores_it() -> None:
    remembered = Verdict(TransportName.HTTP_SSE, "2024-11-05")
    _, kinds = found(lambda _: YES, revision="2025-06-18", remembered=remembered)
    assert kinds == ["initialize"]


def test_a5_every_attempt_has_words() -> None:
    for kind in get_args(AttemptKind):
        attempt = Attempt(kind, TransportName.AUTO, "2026-07-28")
        for result in (DISCOVERED, YES, NOT_FOUND, unsupported("2026-07-28"), replace(NOT_FOUND, sentence="")):
            assert verdict_of(attempt, result).endswith(".")
    probe = Attempt("discover", TransportName.STATELESS, "2026-07-28")
    assert "2025-11-25" in verdict_of(probe, replace(DISCOVERED, supported_versions=("2025-11-25",)))
    assert "stateless era" in verdict_of(probe, replace(NOT_FOUND, error_code=-32020))


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((None,), "network"),
        ((401, 403, 407), "auth"),
        ((408, 421, 425, 429, 500, 502, 503, 504, 599), "unavailable"),
        ((200, 302, 400, 404, 405, 406, 410, 415, 422, 501, 505), "answer"),
    ],
)
def test_a5_which_statuses_tell_something(statuses: tuple[int | None, ...], kind: str) -> None:
    assert {kind_of_status(status) for status in statuses} == {kind}


RESULTS = st.builds(
    AttemptResult,
    ok=st.booleans(),
    status=st.none() | st.sampled_from([200, 202, 302, 400, 401, 404, 405, 429, 500, 501]),
    error_code=st.none() | st.sampled_from([-32601, -32020, -32021, -32022, -32000]),
    error_data=st.sampled_from(
        [None, {"supported": ["2026-07-28"]}, {"supported": ["2025-11-25"]}, {"supported": ["x"]}]
    ),
    sentence=st.just("It is so."),
    kind_of_failure=st.sampled_from(get_args(FailureKind)),
    supported_versions=st.sampled_from([(), ("2026-07-28",), ("2025-11-25",), ("1999-01-01",)]),
    is_stream=st.booleans(),
)


@given(
    st.lists(RESULTS, min_size=1, max_size=12),
    st.sampled_from(TransportName),
    st.sampled_from([None, *era.REVISIONS]),
    st.none() | st.builds(Verdict, st.sampled_from(TransportName), st.sampled_from([None, *era.REVISIONS])),
)
def test_a5_every_search_ends_soon_with_a_reason(
    results: list[AttemptResult], transport: TransportName, revision: str | None, remembered: Verdict | None
) -> None:
    left = list(results)
    outcome, made = play(
        lambda _: left.pop(0) if len(left) > 1 else left[0],
        transport=transport,
        revision=revision,
        remembered=remembered,
    )
    assert 1 <= len(made) <= 9
    assert outcome.sentence.endswith(".")
    if isinstance(outcome, NotDetected):
        assert outcome.decisive in results
    elif transport is not TransportName.AUTO:
        assert outcome.transport is transport
    else:
        assert outcome.transport in (made[-1].transport, TransportName.STATELESS)  # a refusal may prove that one
