"""A call as a command and as a program, whatever its bytes."""

from __future__ import annotations

import ast
import json
import shlex
import subprocess
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.record.snippets import as_curl, as_python
from inspector.trace.events import RequestSent
from tests.support.rivers import Talk

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def sent(**fields: Any) -> RequestSent:
    return Talk().send(1, **fields)


def words(command: str) -> list[str]:
    """What a shell makes of it."""
    return shlex.split(command.replace("\\\n", ""), comments=True)


def test_a_command_says_what_was_sent_and_nothing_else() -> None:
    headers = (("Host", "h"), ("Content-Type", "application/json"), ("X-Empty", ""), ("Content-Length", "9"))
    assert words(as_curl(sent(url="http://h/mcp?a=[1]", headers=headers, body=b"{'a': $b}"))) == [
        *("curl", "--no-buffer", "--globoff", "--path-as-is", "--request", "POST"),
        *("--header", "Content-Type: application/json", "--header", "X-Empty;"),
        *("--header", "Accept:", "--header", "User-Agent:", "--data-raw", "{'a': $b}", "http://h/mcp?a=[1]"),
    ]


def test_masked_values_are_variables() -> None:
    headers = (("Authorization", "Bearer •••• (23 characters, ends in abcd)"), ("X-Api-Key", "•••• (3 characters)"))
    command = as_curl(sent(headers=headers, url="http://h/?token=••••"))
    assert "'Authorization: Bearer '\"$TOKEN\"" in command
    assert "'X-Api-Key: '\"$X_API_KEY\"" in command
    assert "'http://h/?token='\"$URL_SECRET\"" in command
    assert "# Set TOKEN first" in command and "•" not in command


def test_a_masked_body_is_remarked() -> None:
    assert "stand for what was masked" in as_curl(sent(body=b'{"token":"*****"}'))


def test_a_message_may_stand_for_the_body() -> None:
    talk = Talk()
    message = talk.ask(1, raw=b'{"id":7}')
    assert words(as_curl(talk.send(1, body=b"old"), message))[-2] == '{"id":7}'


@given(TEXT, st.binary(max_size=40))
def test_the_shell_gets_every_byte(value: str, body: bytes) -> None:
    value = " ".join(value.split()).replace("•", "")
    command = as_curl(sent(headers=(("X-Some", value),), body=body))
    script = "curl() { printf '%s\\0' \"$@\"; cat; }\n" + command
    done = subprocess.run(["sh", "-c", script], input=b"", capture_output=True, check=True, timeout=20)
    assert done.stderr == b""
    given_words = done.stdout.split(b"\0")
    assert (f"X-Some: {value}" if value else "X-Some;").encode() in given_words
    if b"--data-binary" in given_words:
        assert done.stdout.endswith(b"\0" + body)
    elif body:
        assert given_words[given_words.index(b"--data-raw") + 1] == body
    else:
        assert b"--data-raw" not in given_words


def program(raw: dict[str, Any], transport: str = "streamable-http", **fields: Any) -> str:
    code = as_python(Talk().ask(1, raw=json.dumps(raw).encode()), "http://h/mcp", transport, **fields)
    ast.parse(code)
    return code


def test_a_tool_call_uses_the_sdk() -> None:
    code = program({"method": "tools/call", "params": {"name": "e'cho", "arguments": {"a": [1, None]}, "_meta": {}}})
    assert "client.call_tool(\"e'cho\", {'a': [1, None]})" in code
    assert "streamable_http_client(URL)" in code and "mode='legacy'" in code


def test_the_other_methods_and_transports() -> None:
    assert "client.read_resource('demo://a')" in program({"method": "resources/read", "params": {"uri": "demo://a"}})
    assert "client.get_prompt('p')" in program({"method": "prompts/get", "params": {"name": "p"}})
    assert "sse_client(URL)" in program({"method": "ping"}, "http+sse")
    assert "mode='auto'" in program({"method": "tools/list"}, "stateless")
    assert "send_request" in program({"method": "tools/call", "params": {"name": 5}})
    assert "httpx.stream('POST'" in program({"method": "tools/list"}, "raw-sse")


def test_headers_of_the_user_go_along() -> None:
    secret = ("Authorization", "Bearer •••• (9 characters)")
    headers = (secret, ("X-Own", "a"), ("Accept", "x"), ("Mcp-Session-Id", "s"))
    code = program({"method": "ping"}, headers=headers)
    assert "'Authorization': 'Bearer ' + os.environ['TOKEN'], 'X-Own': 'a'}" in code
    assert "Mcp-Session-Id" not in code and "import os" in code
    assert "sse_client(URL, headers=HEADERS)" in program({"method": "ping"}, "http+sse", headers=headers)


VALUES = TEXT | st.integers() | st.floats() | st.none()


@given(st.recursive(VALUES, lambda inner: st.dictionaries(TEXT, inner, max_size=3)))
def test_any_arguments_make_a_program(value: Any) -> None:
    program({"method": "tools/call", "params": {"name": "x", "arguments": {"a": value}}})
    program({"method": "x/y", "params": {"a": value}})


def test_an_http_request_and_broken_json() -> None:
    code = as_python(sent(method="DELETE", body=b"\xff"), "http://h/", "streamable-http")
    ast.parse(code)
    assert "httpx.stream('DELETE'" in code and "BODY = b'\\xff'" in code
    ast.parse(as_python(Talk().ask(1, raw=b"{broken"), "http://h/", "streamable-http"))
