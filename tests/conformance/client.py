"""The client that the official conformance suite starts, once for each scenario.

    python -m tests.conformance.client http://localhost:PORT/mcp

The suite names the scenario, the revision and what a user would know beforehand in the environment. What stands here
is what a user would do; all protocol is in the package, driven through `inspector.connect`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import urllib.request
import urllib.response
from collections.abc import Awaitable, Callable, Mapping
from http.client import HTTPMessage
from typing import IO, Any

import inspector
from inspector.protocol import elicitation
from inspector.protocol.skills import Skill

METADATA_URL = "https://conformance-test.local/client-metadata.json"
"""The URL under which the suite expects the client's metadata document."""

Does = Callable[[inspector.Session], Awaitable[None]]


class Unanswered(Exception):
    """A request of ours had no good end."""


def checked(answer: inspector.Answer) -> Any:
    if not answer.ok:
        raise Unanswered(f"{answer.method}: {answer.sentence}")
    return answer.result


# What a user answers when the server asks.


async def accept(params: dict[str, Any]) -> dict[str, Any]:
    """A form sent with its defaults, and every box ticked that has none."""
    schema = params.get("requestedSchema", {})
    ticked = {name: True for name, field in schema.get("properties", {}).items() if field.get("type") == "boolean"}
    return {"action": "accept", "content": {**ticked, **elicitation.defaults(schema)}}


async def write(params: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": {"type": "text", "text": "Yes."}, "model": "none", "stopReason": "endTurn"}


async def no_roots(params: dict[str, Any]) -> dict[str, Any]:
    return {"roots": []}


async def sign_in(prompt: inspector.AuthorizationPrompt) -> str:
    """The suite's servers send the browser back at once; where to is all that counts."""
    return await asyncio.to_thread(_redirect_of, prompt.url)


def _redirect_of(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _KeepRedirect)
    with opener.open(url, timeout=10) as response:
        location = response.headers["Location"]
    if not location:
        raise Unanswered(f"{url} did not send the browser back.")
    return str(location)


class _KeepRedirect(urllib.request.HTTPRedirectHandler):
    """Hands out a redirect instead of following it."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        return urllib.response.addinfourl(fp, headers, req.full_url, code)


# What a user does in a scenario.


async def list_tools(session: inspector.Session) -> None:
    checked(await session.list_tools())


async def call_first_tool(session: inspector.Session) -> None:
    tools = checked(await session.list_tools())["tools"]
    for tool in tools[:1]:
        checked(await session.call_tool(tool["name"], {}))


async def call_every_tool(session: inspector.Session) -> None:
    for tool in checked(await session.list_tools())["tools"]:
        checked(await session.call_tool(tool["name"], {}))


async def add_numbers(session: inspector.Session) -> None:
    checked(await session.list_tools())
    checked(await session.call_tool("add_numbers", {"a": 5, "b": 3}))


async def look_around(session: inspector.Session) -> None:
    """Everything that a server offers, once."""
    await call_every_tool(session)
    for resource in checked(await session.list_resources())["resources"]:
        checked(await session.read_resource(resource["uri"]))
    for prompt in checked(await session.list_prompts())["prompts"]:
        checked(await session.get_prompt(prompt["name"]))


async def replay_calls(session: inspector.Session) -> None:
    checked(await session.list_tools())
    for call in context()["toolCalls"]:
        checked(await session.call_tool(call["name"], call["arguments"]))


async def echo_schema(session: inspector.Session) -> None:
    tools = {tool["name"]: tool for tool in checked(await session.list_tools())["tools"]}
    schema = tools["json_schema_2020_12_tool"]["inputSchema"]
    checked(await session.call_tool("json_schema_echo", {"schema": schema}))


async def list_skills(session: inspector.Session) -> tuple[Skill, ...]:
    listed = await inspector.Skills(session).list()
    if not listed.skills:
        raise Unanswered(listed.sentence or "The server lists no skill.")
    return listed.skills


async def only_list_skills(session: inspector.Session) -> None:
    await list_skills(session)


async def load_skills(session: inspector.Session) -> None:
    """Every skill with all its files; one whose SKILL.md is not as listed is not loaded."""
    for skill in await list_skills(session):
        loaded = await inspector.Skills(session).read(skill)
        if not loaded.ok:
            raise Unanswered(loaded.sentence)
        for file in skill.files or ():
            await inspector.Skills(session).read(skill, file.uri)


SCENARIOS: Mapping[str, Does] = {
    "initialize": list_tools,
    "tools_call": add_numbers,
    "request-metadata": add_numbers,
    "http-standard-headers": look_around,
    "http-custom-headers": replay_calls,
    "http-invalid-tool-headers": call_every_tool,
    "sep-2322-client-request-state": call_every_tool,
    "json-schema-ref-no-deref": list_tools,
    "json-schema-2020-12-preservation": echo_schema,
    "sep-2640-client-no-prefetch": only_list_skills,
    "sep-2640-client-verify-digest": load_skills,
    "sep-2640-client-verify-size": load_skills,
    "sep-2640-client-verify-frontmatter": load_skills,
}
"""The scenarios that want more than a call of the first tool."""


# What a user knows beforehand.


def context() -> dict[str, Any]:
    """What the suite tells about a scenario; empty for most."""
    given: dict[str, Any] = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))
    return given


def auth_settings(scenario: str) -> inspector.AuthSettings:
    known = context()
    own = {name: known[name] for name in ("client_id", "client_secret", "private_key_pem") if name in known}
    match scenario.removeprefix("auth/"):
        case "client-credentials-jwt" | "client-credentials-basic":
            return inspector.AuthSettings("client_credentials", **own)
        case "enterprise-managed-authorization":
            provider = {name: value for name, value in known.items() if name.startswith("idp_")}
            return inspector.AuthSettings("enterprise", **own, **provider)
        case "wif-jwt-bearer":
            return inspector.AuthSettings("jwt_bearer", **own, assertion=known["valid_jwt"])
        case "dpop" | "dpop-nonce":
            return inspector.AuthSettings(dpop=True)
    return inspector.AuthSettings(**own, client_metadata_url=METADATA_URL)


async def run(url: str, scenario: str, revision: str | None) -> None:
    """Connect, in this revision or in whichever the server speaks, and do what the scenario wants."""
    session = inspector.connect(
        url,
        protocol_version=revision,
        sampling=write,
        elicitation=accept,
        roots=no_roots,
        authorize=sign_in,
        auth=auth_settings(scenario),
    )
    async with session:
        await SCENARIOS.get(scenario, call_first_tool)(session)


def main() -> int:
    detects = "CONFORMANCE_DETECT" in os.environ
    revision = None if detects else os.environ["MCP_CONFORMANCE_PROTOCOL_VERSION"]
    try:
        asyncio.run(run(sys.argv[1], os.environ["MCP_CONFORMANCE_SCENARIO"], revision))
    except (inspector.ConnectError, Unanswered) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
