"""Each scenario of the official suite by itself, where exit codes, time limits and warnings count too.

uv run pytest -m strict tests/conformance
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.suite import list_requirements, list_scenarios, run_client

pytestmark = pytest.mark.strict

HANDSHAKE, STATELESS = "2025-11-25", "2026-07-28"


def names(text: str) -> list[str]:
    return text.split()


BOTH = names("""
    tools_call
    auth/metadata-default auth/metadata-var1 auth/metadata-var2 auth/metadata-var3
    auth/basic-cimd auth/pre-registration
    auth/scope-from-www-authenticate auth/scope-from-scopes-supported auth/scope-omitted-when-undefined
    auth/scope-step-up auth/scope-retry-limit
    auth/token-endpoint-auth-basic auth/token-endpoint-auth-post auth/token-endpoint-auth-none
""")
ONLY_HANDSHAKE = names("initialize elicitation-sep1034-client-defaults sse-retry")
ONLY_STATELESS = names("""
    request-metadata sep-2322-client-request-state json-schema-ref-no-deref
    http-standard-headers http-custom-headers http-invalid-tool-headers
    auth/resource-mismatch auth/authorization-server-migration auth/metadata-issuer-mismatch
    auth/offline-access-scope auth/offline-access-not-supported
    auth/iss-supported auth/iss-not-advertised auth/iss-supported-missing
    auth/iss-wrong-issuer auth/iss-unexpected auth/iss-normalized
""")
NOT_SCORED = names("""
    json-schema-2020-12-preservation
    auth/client-credentials-jwt auth/client-credentials-basic auth/enterprise-managed-authorization
    auth/wif-jwt-bearer auth/dpop auth/dpop-nonce
""")
BACK_COMPATIBLE = names("auth/2025-03-26-oauth-metadata-backcompat auth/2025-03-26-oauth-endpoint-fallback")
SKILLS = names("""
    sep-2640-client-no-prefetch sep-2640-client-verify-digest
    sep-2640-client-verify-size sep-2640-client-verify-frontmatter
""")

RUNS = [
    *((HANDSHAKE, name) for name in [*BOTH, *ONLY_HANDSHAKE, *NOT_SCORED, *SKILLS]),
    *((STATELESS, name) for name in [*BOTH, *ONLY_STATELESS, *NOT_SCORED, *SKILLS]),
    *(("2025-03-26", name) for name in BACK_COMPATIBLE),
]


def test_no_scenario_is_forgotten(program: Path) -> None:
    assert list_requirements(program, HANDSHAKE) == ({*BOTH, *ONLY_HANDSHAKE}, {*NOT_SCORED})
    assert list_requirements(program, STATELESS) == ({*BOTH, *ONLY_STATELESS}, {*NOT_SCORED})
    assert list_scenarios(program).keys() == {name for _, name in RUNS}
    assert len(RUNS) == 18 + 7 + 4 + 32 + 7 + 4 + 2


@pytest.mark.parametrize(("revision", "scenario"), RUNS)
def test_scenario(program: Path, tmp_path: Path, revision: str, scenario: str) -> None:
    run = run_client(program, tmp_path, "--scenario", scenario, "--spec-version", revision, "--force")

    assert run.problems == {}
    assert run.scenarios.keys() == {scenario}
    assert run.exit_code == 0, run.output


@pytest.mark.parametrize("revision", [HANDSHAKE, STATELESS])
def test_the_requirements_of_a_revision_that_is_found_out(program: Path, tmp_path: Path, revision: str) -> None:
    run = run_client(program, tmp_path, "--requirements", revision, detect=True)

    assert run.problems == {}
    assert run.exit_code == 0, run.output
