"""What was sent as something to run again: a `curl` command, and Python with the official MCP SDK."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from typing import Any

from inspector.protocol.era import TransportName
from inspector.record.message_text import payload
from inspector.trace.events import Headers, Message, MessageType, RequestSent, ToolStep
from inspector.wire import jsontext

MASKED = re.compile(r"•{4}(?: \(\d+ characters(?:, ends in .{4})?\))?")
"""A secret as `wire.http` shows it; who runs the snippet puts the real one into a variable."""

_BY_CURL = frozenset({"host", "content-length", "connection", "transfer-encoding"})
"""Headers that curl makes itself."""
_BY_SDK = _BY_CURL | {
    *("accept", "accept-encoding", "content-type", "user-agent", "cache-control", "last-event-id"),
    *("mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name", "traceparent"),
}
_VARIABLES = {"authorization": "TOKEN", "proxy-authorization": "PROXY_TOKEN", "cookie": "COOKIE"}
_LINE_BREAKS = re.compile(r"[\r\n\0]+")
_STARS = re.compile(rb"\*{3,}")
_CALLS = {
    "tools/call": ("call_tool", "name"),
    "resources/read": ("read_resource", "uri"),
    "prompts/get": ("get_prompt", "name"),
}
"""The methods of the SDK's client, and the parameter that comes first in them."""


def as_curl(request: RequestSent, message: Message | ToolStep | None = None) -> str:
    """A command for a POSIX shell that sends the request again, with `message` as its body if that is given.

    What is masked becomes a variable of the shell, named in a comment.
    """
    body = request.body if message is None else payload(message)
    variables: dict[str, str] = {}
    method = "--head" if request.method == "HEAD" else f"--request {shlex.quote(request.method)}"
    words = [f"curl --no-buffer --globoff --path-as-is {method}"]
    names = set()
    for name, value in request.headers:
        names.add(name.lower())
        if name.lower() not in _BY_CURL and not name.startswith(":"):
            words.append(f"--header {_header(name, value, variables)}")
    # What curl would add by itself was not sent.
    words += [f"--header {name}:" for name in ("Accept", "User-Agent") if name.lower() not in names]
    pipe = ""
    if body:
        if "content-type" not in names:
            words.append("--header Content-Type:")
        data, pipe = _data(body)
        words.append(data)
    words.append(_quoted(request.url, _variable("URL_SECRET"), variables))
    return _notes(variables, body) + pipe + " \\\n  ".join(words) + "\n"


def as_python(event: Message | ToolStep | RequestSent, url: str, transport: str, headers: Headers = ()) -> str:
    """A program that sends the request again: with the official SDK (`mcp` 2), else with httpx.

    `headers` are those of the HTTP request; what a user may have set is sent along, masked values are read from the
    environment.
    """
    value = jsontext.parse(payload(event)).value
    speaks_mcp = transport not in (TransportName.RAW_SSE, TransportName.TOOL_STREAM)
    is_request = isinstance(event, Message) and event.message_type is MessageType.REQUEST and isinstance(value, dict)
    if is_request and speaks_mcp:
        return _sdk_program(value, url, transport, headers)
    return _httpx_program(event, url, headers)


def _header(name: str, value: str, variables: dict[str, str]) -> str:
    name, value = _LINE_BREAKS.sub(" ", name), _LINE_BREAKS.sub(" ", value)
    if not value:
        return shlex.quote(f"{name};")  # how curl is told to send an empty field
    variable = _VARIABLES.get(name.lower()) or _variable(name)
    return _quoted(f"{name}: {value}", variable, variables)


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "SECRET"


def _quoted(said: str, variable: str, variables: dict[str, str]) -> str:
    """One word of the shell, with variables where secrets were."""
    said = _LINE_BREAKS.sub(" ", said)
    parts, at = [], 0
    for count, match in enumerate(MASKED.finditer(said), 1):
        name = variable if count == 1 else f"{variable}_{count}"
        while name in variables and variables[name] != said:
            name += "_"
        variables[name] = said
        parts += [shlex.quote(said[at : match.start()]) if match.start() > at else "", f'"${name}"']
        at = match.end()
    rest = said[at:]
    return "".join(parts) + (shlex.quote(rest) if rest or not parts else "")


def _data(body: bytes) -> tuple[str, str]:
    """The option for the body, and the command before the pipe if no argument can hold it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return f"--data-raw {shlex.quote(text)}", ""
    octal = "".join(f"\\{byte:03o}" for byte in body)
    return "--data-binary @-", f"printf '{octal}' | "


def _notes(variables: dict[str, str], body: bytes) -> str:
    notes = [f"# Set {name} first: its value was masked when it was recorded." for name in variables]
    if _STARS.search(body):
        notes.append("# Rows of * in the body stand for what was masked.")
    return "".join(f"{note}\n" for note in notes)


def _sdk_program(message: dict[str, Any], url: str, transport: str, headers: Headers) -> str:
    sent = _python_headers(headers)
    call = list(_sdk_call(message))
    uses = "\n".join((sent, *call))
    is_old = transport == TransportName.HTTP_SSE
    lines = ["# Needs the official SDK: pip install 'mcp>=2,<3'", "import asyncio"]
    lines += [f"import {name}" for name in ("json", "os") if f"{name}." in uses]
    lines += ["from typing import Any"] if "Any]" in uses else []
    lines += ["", "from mcp import Client" + (", types" if "types." in uses else "")]
    lines += ["from mcp.client.sse import sse_client"] if is_old else []
    lines += [] if is_old else ["from mcp.client.streamable_http import streamable_http_client"]
    lines += ["from mcp.shared._httpx_utils import create_mcp_http_client"] if sent and not is_old else []
    lines += ["from pydantic import TypeAdapter"] if "TypeAdapter" in uses else []
    lines += ["", f"URL = {url!r}", *([f"HEADERS = {sent}"] if sent else []), "", "", "async def main() -> None:"]
    mode = "auto" if transport == TransportName.STATELESS else "legacy"
    indent = "    "
    opened = f"streamable_http_client(URL{', http_client=http' if sent else ''})"
    if is_old:
        opened = f"sse_client(URL{', headers=HEADERS' if sent else ''})"
    elif sent:
        lines.append(f"{indent}async with create_mcp_http_client(headers=HEADERS) as http:")
        indent += "    "
    lines.append(f"{indent}async with Client({opened}, mode={mode!r}) as client:")
    lines += [f"{indent}    {line}" for line in call]
    return "\n".join((*lines, "", "", "asyncio.run(main())", ""))


def _sdk_call(message: dict[str, Any]) -> Iterator[str]:
    method, params = message.get("method"), message.get("params")
    params = {key: value for key, value in params.items() if key != "_meta"} if isinstance(params, dict) else {}
    known = _CALLS.get(str(method))
    if known is not None and isinstance(params.get(known[1]), str) and isinstance(params.get("arguments", {}), dict):
        name, arguments = params[known[1]], params.get("arguments")
        more = f", {_literal(arguments)}" if arguments else ""
        yield f"result = await client.{known[0]}({name!r}{more})"
        yield "print(result.model_dump_json(by_alias=True, exclude_none=True, indent=2))"
        return
    yield f"request = types.Request[dict[str, Any], str](method={str(method)!r}, params={_literal(params)})"
    yield "result = await client.session.send_request(request, TypeAdapter(dict[str, Any]))"
    yield "print(json.dumps(result, indent=2, default=str))"


def _httpx_program(event: Message | ToolStep | RequestSent, url: str, headers: Headers) -> str:
    """For what the SDK does not speak: a plain POST, whose answer is printed as it comes."""
    kept = tuple((name, value) for name, value in headers if name.lower() in ("accept", "content-type"))
    kept = kept or (("Accept", "application/json, text/event-stream"), ("Content-Type", "application/json"))
    fields = ", ".join(filter(None, (_python_headers(kept, frozenset())[1:-1], _python_headers(headers)[1:-1])))
    method = event.method if isinstance(event, RequestSent) else "POST"
    body = payload(event)
    return "\n".join(
        (
            "# Needs httpx: pip install httpx",
            *(("import os",) if "os.environ" in fields else ()),
            "import sys",
            "",
            "import httpx",
            "",
            f"URL = {url!r}",
            f"HEADERS = {{{fields}}}",
            f"BODY = {body!r}",
            "",
            f"with httpx.stream({method!r}, URL, headers=HEADERS, content=BODY or None, timeout=None) as response:",
            '    print(response.status_code, response.headers.get("content-type"), file=sys.stderr)',
            "    for text in response.iter_text():",
            '        print(text, end="", flush=True)',
            "",
        )
    )


def _python_headers(headers: Headers, left_out: frozenset[str] = frozenset(_BY_SDK)) -> str:
    """A dictionary display of the headers that are not the library's own; empty if there are none."""
    fields = []
    for name, value in headers:
        if name.lower() not in left_out and not name.startswith(":"):
            fields.append(f"{name!r}: {_python_value(name, value)}")
    return f"{{{', '.join(fields)}}}" if fields else ""


def _python_value(name: str, value: str) -> str:
    """A text, with the environment's value in place of what is masked."""
    variable = _VARIABLES.get(name.lower()) or _variable(name)
    parts, at = [], 0
    for match in MASKED.finditer(value):
        parts += [repr(value[at : match.start()]), f"os.environ[{variable!r}]"]
        at = match.end()
    parts.append(repr(value[at:]))
    return " + ".join(part for part in parts if part != "''") or "''"


def _literal(value: Any) -> str:
    """A Python expression for a JSON value."""
    written = repr(value)
    try:
        if ast.literal_eval(written) == value:
            return written
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pass  # a number beyond a double, say
    return f"json.loads({jsontext.dumps(value).decode()!r})"
