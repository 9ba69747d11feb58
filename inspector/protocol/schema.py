"""JSON Schema as MCP uses it: is a schema sound, does a value fit it, what does a form start with.

The default dialect is 2020-12 and a declared `$schema` is honoured. Nothing is ever fetched: the registry is empty, so
a remote `$ref` is an unresolved one (MCP forbids dereferencing over the network; the library would do it by default).
A schema comes from the peer and may be anything; every function here answers for any JSON value and never raises.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.protocol.schema_shape import defaults
from inspector.protocol.schema_words import brief, pointer, sentence

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Problem", "check_schema", "defaults", "validate"]

MAX_STEPS = 30_000
"""Keyword checks spent on one value; `$ref` fan-out grows exponentially with the size of a schema."""
MAX_SCHEMA_PARTS = 5_000
"""Checking a schema against its metaschema costs about 0.1 ms a part."""
MAX_PATTERN_COST = 10_000_000
MAX_PATTERN_LENGTH = 2_000
MAX_UNIQUE_ITEMS = 1_000

_steps: ContextVar[Iterator[int]] = ContextVar("_steps")


class _TooLongError(Exception):
    """The step budget is spent."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One contradiction: a JSON pointer into the value (`in_schema`: into the schema) and a sentence."""

    pointer: str
    text: str
    in_schema: bool = False


def check_schema(schema: Any) -> list[Problem]:
    """What is wrong with `schema` itself, at most 20 problems, all `in_schema`."""
    if isinstance(schema, bool):
        return []
    if not isinstance(schema, dict):
        return [_in_schema(f"The schema must be an object, not {brief(schema)}.")]
    if _parts(schema) > MAX_SCHEMA_PARTS:
        return [_in_schema(f"The schema has more than {MAX_SCHEMA_PARTS:,} parts, so it was not checked itself.")]
    problems = [] if _knows_dialect(schema) else [_in_schema("The dialect in $schema is unknown; 2020-12 is assumed.")]
    metaschema = _checker(_dialect(schema)).META_SCHEMA
    found = _errors(_dialect(metaschema), metaschema, schema)
    return problems + [Problem(item.pointer, item.text, in_schema=True) for item in itertools.islice(found, 20)]


def validate(schema: Any, value: Any, limit: int = 20, steps: int = MAX_STEPS) -> list[Problem]:
    """Why `value` does not fit `schema`, at most `limit` reasons found in so many `steps`; empty if it fits.

    What keeps the schema from being used at all (an unresolved `$ref`, a broken keyword) is one `in_schema` problem.
    A `pattern` that might take exponential time for this value is not applied.
    """
    if schema is True:
        return []
    if schema is not False and not isinstance(schema, dict):
        return check_schema(schema)
    dialect = _dialect(schema) if isinstance(schema, dict) else ""
    return list(itertools.islice(_errors(dialect, schema, value, steps), limit))


def _parts(schema: Any) -> int:
    """How many values `schema` consists of, counted no further than the limit."""
    waiting, count = [schema], 0
    while waiting and count <= MAX_SCHEMA_PARTS:
        here = waiting.pop()
        count += 1
        waiting.extend(here.values() if isinstance(here, dict) else here if isinstance(here, list) else ())
    return count


def _in_schema(text: str) -> Problem:
    return Problem("", text, in_schema=True)


def _dialect(schema: Any) -> str:
    declared = schema.get("$schema") if isinstance(schema, dict) else None
    return declared if isinstance(declared, str) else ""


def _knows_dialect(schema: dict[str, Any]) -> bool:
    from jsonschema.validators import validator_for  # noqa: PLC0415 - 0.15 s that the start need not pay

    declared = schema.get("$schema", "")
    if not isinstance(declared, str):
        return False
    known: Any = validator_for({"$schema": declared}, default=None)  # type: ignore[arg-type]
    return declared == "" or known is not None


def _errors(dialect: str, schema: Any, value: Any, steps: int = MAX_STEPS) -> Iterator[Problem]:
    """The contradictions one by one; whatever goes wrong in between becomes the last of them."""
    import referencing  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    _steps.set(itertools.count(MAX_STEPS - steps))
    said = set()
    try:
        for error in _checker(dialect)(schema, registry=referencing.Registry()).iter_errors(value):
            problem = Problem(pointer(error.absolute_path), sentence(error))
            if problem not in said:
                said.add(problem)
                yield problem
    except _TooLongError:
        yield _in_schema("Checking against the schema took too long and was given up.")
    except RecursionError:
        yield _in_schema("The schema or the value is nested too deeply to be checked.")
    except Unresolvable as error:
        yield _in_schema(f"The schema refers to {brief(error.ref)}, which it does not contain; nothing is fetched.")
    except Exception as error:  # a broken schema makes the library fail in many ways
        yield _in_schema(f"The schema cannot be used: {brief(str(error))}.")


@functools.cache
def _checker(dialect: str) -> Any:
    """The validator class of a dialect with our bounds and pointers in it."""
    import jsonschema  # noqa: PLC0415
    from jsonschema.validators import extend, validator_for  # noqa: PLC0415

    base = validator_for({"$schema": dialect}, default=jsonschema.Draft202012Validator)
    ours: dict[str, Callable[..., Any]] = {"pattern": _pattern, "uniqueItems": _bounded_unique(base)}
    for name in ("patternProperties", "additionalProperties"):
        ours[name] = _guarded(base.VALIDATORS[name])

    if dialect != jsonschema.Draft3Validator.META_SCHEMA["$schema"]:  # there `required` is a boolean
        ours["required"] = _required
    return extend(  # type: ignore[no-untyped-call]
        base, {name: _counted(check) for name, check in {**base.VALIDATORS, **ours}.items()}
    )


def _counted(check: Callable[..., Any]) -> Callable[..., Any]:
    def counted(validator: Any, keyword: Any, value: Any, schema: Any) -> Any:
        if next(_steps.get()) > MAX_STEPS:
            raise _TooLongError
        return check(validator, keyword, value, schema) or ()

    return counted


def _required(validator: Any, names: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """As the library does it, but pointing at the property that is missing."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415

    if validator.is_type(value, "object"):
        for name in names:
            if isinstance(name, str) and name not in value:
                yield ValidationError(f"{brief(name)} is required", path=(name,))


def _pattern(validator: Any, pattern: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415

    if validator.is_type(value, "string") and _usable(pattern, value) and not re.search(pattern, value):
        yield ValidationError(f"does not match the pattern {pattern}")


def _guarded(check: Callable[..., Any]) -> Callable[..., Any]:
    """A keyword that matches keys against `patternProperties`, left out if one of these patterns is not usable."""

    def guarded(validator: Any, keyword: Any, value: Any, schema: Any) -> Any:
        patterns = schema.get("patternProperties")
        if isinstance(value, dict) and isinstance(patterns, dict):
            longest = max(value, key=len, default="")
            if not all(_usable(pattern, longest) for pattern in patterns):
                return ()
        return check(validator, keyword, value, schema)

    return guarded


def _usable(pattern: Any, value: str) -> bool:
    """Whether Python knows `pattern` and a backtracking search ends soon at worst: polynomial in the
    number of quantifiers, exponential if a repeated group holds another quantifier or an alternative."""
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN_LENGTH:
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):  # such as ECMA 262's \\p{L}
        return False
    if re.search(r"[*+}|].*\)(?:[*+]|\{)", pattern):
        return len(value) <= 24
    quantifiers = len(re.findall(r"[*+]|\{\d*,", pattern))
    cost: int = len(value) ** (quantifiers + (not pattern.startswith("^")))
    return cost <= MAX_PATTERN_COST


def _bounded_unique(base: Any) -> Callable[..., Any]:
    """The library compares all pairs where it cannot sort."""
    check = base.VALIDATORS["uniqueItems"]

    def unique(validator: Any, wanted: Any, value: Any, schema: Any) -> Any:
        return (
            () if isinstance(value, list) and len(value) > MAX_UNIQUE_ITEMS else check(validator, wanted, value, schema)
        )

    return unique
