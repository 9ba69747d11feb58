"""sampling/createMessage (R51): what the server's request breaks, and whether our answer keeps the rules.

Request and answer may be any JSON value; every function answers for all of them and never raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from inspector.protocol.jsonrpc import json_type, shown
from inspector.protocol.schema import validate

MAX_PROBLEMS = 20
MAX_CHECKED = 5_000
"""Messages that are checked, the first ones; each costs some 7 µs."""
STOP_REASONS = ("endTurn", "stopSequence", "maxTokens", "toolUse")
DEPRECATED_CONTEXTS = ("thisServer", "allServers")
"""Values of includeContext that SEP-2596 deprecates."""
_NEEDED = {"text": ("text",), "image": ("data", "mimeType"), "audio": ("data", "mimeType")}
_ANSWER_TYPES = (*_NEEDED, "tool_use")


def offered_tools(params: Any) -> dict[str, dict[str, Any]]:
    """The tools that the model may use, by name."""
    tools = params.get("tools") if isinstance(params, dict) else None
    listed = tools if isinstance(tools, list) else []
    return {tool["name"]: tool for tool in listed if isinstance(tool, dict) and isinstance(tool.get("name"), str)}


def tool_choice(params: Any) -> str:
    """`auto`, `required` or `none`, or whatever else the server wrote as mode."""
    choice = params.get("toolChoice") if isinstance(params, dict) else None
    mode = choice.get("mode", "auto") if isinstance(choice, dict) else "auto"
    return mode if isinstance(mode, str) else shown(mode)


def content_blocks(content: Any) -> list[Any]:
    """One block or several, as a list."""
    return content if isinstance(content, list) else [content]


def check_request(params: Any) -> list[str]:
    """What the server's request breaks, in sentences; a client answers such a one with -32602."""
    return list(islice(_request_problems(params), MAX_PROBLEMS))


def check_answer(params: Any, result: Any) -> list[str]:
    """Which rules our result breaks, in sentences, the gravest first; empty if it keeps them all."""
    if not isinstance(result, dict):
        return [f"The answer must be an object, not {json_type(result)}."]
    found = []
    if result.get("role") != "assistant":
        found.append(f'The role of an answer is "assistant", not {shown(result.get("role"))}.')
    if not isinstance(result.get("model"), str) or not result["model"]:
        found.append("An answer names the model that it comes from.")
    blocks = content_blocks(result.get("content"))
    if not blocks:
        found.append("An answer has at least one content block.")
    for number, block in enumerate(blocks, 1):
        found += [f"Content block {number} {words}." for words in _block_problems(block, _ANSWER_TYPES)]
    uses = [block for block in blocks if isinstance(block, dict) and block.get("type") == "tool_use"]
    found += _use_problems(params, uses)
    found += _stop_problems(result, has_uses=bool(uses))
    return found[:MAX_PROBLEMS]


def _request_problems(params: Any) -> Iterator[str]:
    if not isinstance(params, dict):
        yield f"The params must be an object, not {json_type(params)}."
        return
    limit = params.get("maxTokens")
    if not isinstance(limit, int) or isinstance(limit, bool):
        yield f"maxTokens must be an integer, not {shown(limit)}."
    if tool_choice(params) not in ("auto", "required", "none"):
        yield f"toolChoice.mode must be auto, required or none, not {shown(tool_choice(params))}."
    messages = params.get("messages")
    if not isinstance(messages, list):
        yield f"messages must be an array, not {json_type(messages)}."
        return
    for number, message in enumerate(islice(messages, MAX_CHECKED), 1):
        yield from (f"Message {number} {words}." for words in _message_problems(message))
    yield from _pairing_problems(messages)


def _message_problems(message: Any) -> Iterator[str]:
    if not isinstance(message, dict):
        yield f"is {json_type(message)}, not an object"
        return
    role = message.get("role")
    if role not in ("user", "assistant"):
        yield f"has the role {shown(role)}, not user or assistant"
    blocks = content_blocks(message.get("content"))
    for block in blocks:
        yield from _block_problems(block, (*_ANSWER_TYPES, "tool_result"))
    kinds = {block.get("type") for block in blocks if isinstance(block, dict) and isinstance(block.get("type"), str)}
    if "tool_result" in kinds and len(kinds) > 1:
        yield "mixes tool_result with other content, which must stand alone"
    if ("tool_use" in kinds and role == "user") or ("tool_result" in kinds and role == "assistant"):
        yield f"has a {'tool_use' if role == 'user' else 'tool_result'}, which the role {shown(role)} does not give"


def _pairing_problems(messages: list[Any]) -> Iterator[str]:
    """Every tool_use is answered by the very next message, and every tool_result answers one."""
    for number, message in enumerate(islice(messages, MAX_CHECKED), 1):
        used = _ids(message, "tool_use", "id")
        answered = _ids(messages[number], "tool_result", "toolUseId") if number < len(messages) else set()
        if used - answered:
            yield f"The tool_use {shown(min(used - answered))} of message {number} has no tool_result in the next one."
        before = _ids(messages[number - 2], "tool_use", "id") if number > 1 else set()
        for stray in sorted(_ids(message, "tool_result", "toolUseId") - before):
            yield f"Message {number} answers the tool_use {shown(stray)}, which the message before does not hold."


def _ids(message: Any, kind: str, key: str) -> set[str]:
    blocks = content_blocks(message.get("content")) if isinstance(message, dict) else []
    found = (block.get(key) for block in blocks if isinstance(block, dict) and block.get("type") == kind)
    return {item for item in found if isinstance(item, str)}


def _block_problems(block: Any, known: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(block, dict):
        yield f"is {json_type(block)}, not an object"
        return
    kind = block.get("type")
    if kind not in known:
        yield f"is of type {shown(kind)}, which is not one of {', '.join(known)}"
        return
    for key in _NEEDED.get(kind, ()):
        if not isinstance(block.get(key), str):
            yield f"of type {kind} has no {key}"
    if kind == "tool_use":
        yield from _tool_use_problems(block)
    if kind == "tool_result" and not isinstance(block.get("toolUseId"), str):
        yield "of type tool_result has no toolUseId"


def _tool_use_problems(block: dict[str, Any]) -> Iterator[str]:
    for key in ("id", "name"):
        if not isinstance(block.get(key), str) or not block[key]:
            yield f"of type tool_use has no {key}"
    if not isinstance(block.get("input"), dict):
        yield "of type tool_use has no input object"


def _use_problems(params: Any, uses: list[dict[str, Any]]) -> list[str]:
    """Whether the server allowed these uses of tools, and gave what they need."""
    tools, mode, found = offered_tools(params), tool_choice(params), []
    if mode == "required" and not uses:
        found.append("toolChoice is required, so the answer must use at least one tool.")
    if mode == "none" and uses:
        found.append("toolChoice is none, so the answer must not use a tool.")
    ids = [block["id"] for block in uses if isinstance(block.get("id"), str)]
    earlier = _earlier_ids(params)
    for repeated in sorted({one for one in ids if ids.count(one) > 1 or one in earlier}):
        found.append(f"The tool_use id {shown(repeated)} is used twice; each use needs an id of its own.")
    for block in uses:
        name = block.get("name")
        if isinstance(name, str) and name not in tools:
            found.append(f"The tool {shown(name)} was not offered{_offer(tools)}.")
        elif isinstance(name, str):
            wrong = validate(tools[name].get("inputSchema", True), block.get("input"))
            found += [f"The input of {name[:60]} does not fit its schema: {problem.text}" for problem in wrong[:3]]
    return found


def _earlier_ids(params: Any) -> set[str]:
    """The ids of the uses of tools in the conversation so far."""
    messages = params.get("messages") if isinstance(params, dict) else None
    listed = messages if isinstance(messages, list) else []
    return {used for message in listed for used in _ids(message, "tool_use", "id")}


def _offer(tools: dict[str, dict[str, Any]]) -> str:
    return f"; offered are {', '.join(name[:40] for name in list(tools)[:5])}" if tools else "; no tool was"


def _stop_problems(result: dict[str, Any], *, has_uses: bool) -> list[str]:
    reason = result.get("stopReason")
    if reason is not None and not isinstance(reason, str):
        return [f"stopReason must be a text, not {json_type(reason)}."]
    if has_uses and reason != "toolUse":
        return ["An answer that uses a tool has the stopReason toolUse."]
    if reason == "toolUse" and not has_uses:
        return ["The stopReason is toolUse, but the answer uses no tool."]
    return []
