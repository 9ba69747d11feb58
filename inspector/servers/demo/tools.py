"""The tools of the demo server. Each one shows a single thing that an inspector must be able to show."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Awaitable, Callable

import jsonschema
import referencing

from inspector.servers.demo import content, flood
from inspector.servers.demo.call import Call
from inspector.servers.demo.catalogue import DEFINITIONS
from inspector.servers.demo.messages import INTERNAL_ERROR, INVALID_PARAMS, Json, RpcError
from inspector.servers.demo.revisions import V_2025_11, fit

EXACT_INTEGER = 2**53
DROP_EVENTS_AFTER = 3

Tool = Callable[[Call, Json], Awaitable[Json]]


async def run_tool(call: Call, name: str, arguments: Json) -> Json:
    """The result of the tool; raises `RpcError` where the call itself, not the tool, is at fault."""
    definition = DEFINITIONS.get(name)
    if definition is None:
        raise RpcError(INVALID_PARAMS, f"Unknown tool: {name}")
    version = call.state.protocol_version or ""
    problem = _check(name, arguments)
    if problem and version < V_2025_11:
        raise RpcError(INVALID_PARAMS, problem)
    if problem:
        # Since 2025-11-25 a model shall see what was wrong with its arguments (server/tools, error handling).
        return text_result(problem, is_error=True)
    return fit(await TOOLS[name](call, _complete(definition, arguments)), version)


def text_result(text: str, *, is_error: bool = False, structured: Json | None = None) -> Json:
    """A tool's result with one text, and the same as an object if the tool has an output schema."""
    result: Json = {"content": [{"type": "text", "text": text}], "isError": is_error}
    return result if structured is None else {**result, "structuredContent": structured}


@functools.cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(DEFINITIONS[name]["inputSchema"], registry=referencing.Registry())


def _check(name: str, arguments: Json) -> str | None:
    """The first thing wrong with the arguments, in a sentence; None if there is nothing."""
    try:
        error = next(iter(_validator(name).iter_errors(arguments)), None)
    except RecursionError:
        return "Invalid arguments: nested too deeply"
    if error is None:
        return None
    where = ".".join(str(step) for step in error.absolute_path)
    return f"Invalid arguments{': ' + where if where else ''}: {error.message[:500]}"


def _complete(definition: Json, arguments: Json) -> Json:
    """The valid arguments with defaults filled in, and with integers as such: to JSON Schema 3.0 is one."""
    properties: Json = definition["inputSchema"]["properties"]
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    integers = {name: int(arguments[name]) for name in arguments if properties[name]["type"] == "integer"}
    return defaults | arguments | integers


async def echo(call: Call, arguments: Json) -> Json:
    return text_result(arguments["text"])


async def add(call: Call, arguments: Json) -> Json:
    total = arguments["a"] + arguments["b"]
    if abs(total) > EXACT_INTEGER:
        total = float(total)
    if total in (float("inf"), float("-inf")):
        return text_result("The sum is too large for a number.", is_error=True)
    return text_result(str(total), structured={"sum": total})


async def stream_text(call: Call, arguments: Json) -> Json:
    words = arguments["text"].split()
    for index, word in enumerate(words, 1):
        await call.progress(index, len(words), word)
        await call.log("info", "stream_text", f"{word} ")
        await call.sleep(arguments["delay_ms"] / 1000)
    return text_result(arguments["text"])


async def countdown(call: Call, arguments: Json) -> Json:
    start = arguments["from"]
    for done in range(1, start + 1):
        await call.sleep(arguments["delay_ms"] / 1000)
        await call.progress(done, start, f"{start - done} to go")
    return text_result("Lift-off!")


async def slow(call: Call, arguments: Json) -> Json:
    await call.sleep(arguments["seconds"])
    return text_result(f"Waited for {arguments['seconds']} seconds.")


async def fail(call: Call, arguments: Json) -> Json:
    return text_result("This tool always fails, and says so in its result.", is_error=True)


async def crash(call: Call, arguments: Json) -> Json:
    raise RpcError(INTERNAL_ERROR, "Internal error: this tool always crashes", {"tool": "crash"})


async def flood_messages(call: Call, arguments: Json) -> Json:
    n, rate_per_s = arguments["n"], arguments["rate_per_s"]
    if not call.state.wants_log("info"):
        return text_result("Nothing sent: the log level hides entries of level info.", is_error=True)
    template = flood.message_template(arguments["size_bytes"])
    batch = max(1, flood.BATCH_BYTES // len(template))
    sent, start = 0, call.monotonic()
    while sent < n:
        if count := min(batch, flood.due(sent, n, call.monotonic() - start, rate_per_s)):
            call.stream.push_many(flood.build(template, sent, count))
            sent += count
            await call.stream.room()
        elif rate_per_s > 0:
            await call.sleep(flood.pause_s(sent, call.monotonic() - start, rate_per_s))
    elapsed_ms = (call.monotonic() - start) * 1000
    return text_result(f"Sent {sent} messages.", structured={"count": sent, "elapsed_ms": elapsed_ms})


async def big(call: Call, arguments: Json) -> Json:
    line = "The quick brown fox jumps over the lazy dog. "
    count = arguments["bytes"]
    return text_result((line * (count // len(line) + 1))[:count])


async def drop(call: Call, arguments: Json) -> Json:
    after = arguments["after"]
    total = after + 1 + DROP_EVENTS_AFTER
    for number in range(1, total + 1):
        if number == after + 1:
            await call.log("warning", "drop", f"event {number}: the connection breaks in the middle of it", cut=True)
        elif number % 2 and call.progress_token is not None:
            await call.progress(number, total, f"event {number} of {total}")
        else:
            await call.log("info", "drop", f"event {number} of {total}")
        await call.sleep(arguments["delay_ms"] / 1000)
    return text_result("The stream was resumed: this is the rest of it.")


async def image(call: Call, arguments: Json) -> Json:
    data = base64.b64encode(content.gradient_png()).decode("ascii")
    return {"content": [{"type": "image", "data": data, "mimeType": "image/png"}], "isError": False}


async def shapes(call: Call, arguments: Json) -> Json:
    lines = [f"- **{name}**: `{json.dumps(value, ensure_ascii=False)}`" for name, value in arguments.items()]
    return text_result("\n".join(["### Arguments as received", "", *lines]), structured=arguments)


TOOLS: dict[str, Tool] = {
    "echo": echo,
    "add": add,
    "stream_text": stream_text,
    "countdown": countdown,
    "shapes": shapes,
    "image": image,
    "slow": slow,
    "fail": fail,
    "crash": crash,
    "flood": flood_messages,
    "big": big,
    "drop": drop,
}
