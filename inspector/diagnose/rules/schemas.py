"""Rules about tools and their schemas."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.diagnose.rules.schemas_tools import Tools
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity

_GITHUB = "https://github.com"
_SERVER = "https://modelcontextprotocol.io/specification/2025-11-25/server"

_LISTS = (
    Rule(
        id="schema-not-object",
        group=Group.SCHEMAS,
        title="Tool input schema is not an object schema",
        severity=Severity.ERROR,
        symptom='A tool has no inputSchema, an empty one, or one without type "object" at its top.',
        cause="The schema of a tool without arguments was left out, or the schema is a union or a reference. Clients "
        "built on the TypeScript SDK then drop every tool of the list, without a word.",
        fix='Wrap it: {"type": "object", "properties": {...}}; without arguments {"type": "object", '
        '"additionalProperties": false}.',
        fixes={Product.TYPESCRIPT_SDK: "pass a z.object({...}) as inputSchema, not a union of objects."},
        source="Tools: data types; claude-code#88049",
        link=f"{_GITHUB}/anthropics/claude-code/issues/88049",
        explains=("schema-invalid",),
        watch=Tools,
    ),
    Rule(
        id="schema-invalid",
        group=Group.SCHEMAS,
        title="Tool schema is not valid JSON Schema",
        severity=Severity.ERROR,
        symptom="The schema of a tool breaks its metaschema, or refers to what it does not contain.",
        cause="Words of OpenAPI or of another draft (required: true, items as a list), or definitions that were lost "
        "when the schema was cut out of a larger document.",
        fix="Validate schemas when tools are registered; declare $schema where it is not 2020-12; put definitions into "
        "$defs of the same schema.",
        source="Tools: data types; mastra#23731",
        link=f"{_GITHUB}/mastra-ai/mastra/issues/23731",
        watch=Tools,
    ),
    Rule(
        id="tools-list-heavy",
        group=Group.SCHEMAS,
        title="Tool list is very large",
        severity=Severity.WARN,
        symptom="tools/list is so large, or a schema so deep, that models and clients have trouble with it.",
        cause="Every definition goes into the context of the model; some clients drop events of more than 1 MiB.",
        fix="Paginate, split the server, shorten descriptions and schemas, or offer a tool that searches for tools.",
        source="python-sdk#3332",
        link=f"{_GITHUB}/modelcontextprotocol/python-sdk/issues/3332",
        watch=Tools,
    ),
    Rule(
        id="pagination-loop",
        group=Group.SCHEMAS,
        title="Pagination never ends",
        severity=Severity.ERROR,
        symptom="A cursor came a second time, or the pages do not end.",
        cause="nextCursor is sent on the last page too; the empty string is a cursor like any other.",
        fix="Omit nextCursor on the last page.",
        source="Pagination",
        link=f"{_SERVER}/utilities/pagination",
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="tool-name-bad",
        group=Group.SCHEMAS,
        title="Tool name duplicate or non-portable",
        severity=Severity.WARN,
        symptom="Two tools have one name, or a name has characters or a length that others do not take.",
        cause="Names were made of titles or paths, or several servers were put together into one.",
        fix="Use 1 to 64 of A-Z a-z 0-9 _ . and -, each name once; put a prefix before the names of each server.",
        fixes={Product.PYTHON_SDK: "of two tools with one name only the first is kept, with a warning in the log."},
        source="Tools: tool names",
        link=f"{_SERVER}/tools#tool-names",
        watch=Tools,
    ),
    Rule(
        id="x-mcp-header-invalid",
        group=Group.SCHEMAS,
        title="Invalid x-mcp-header: tool must be dropped",
        severity=Severity.ERROR,
        symptom="The annotation that makes a header of an argument is empty, doubled, no token, or on no plain "
        "argument.",
        cause="It was put on a number, an object or a nested schema, or holds a name that no header may have.",
        fix="Annotate string, integer or boolean properties only, each with its own token as name; never secrets.",
        source="Streamable HTTP: custom headers from tool parameters (2026-07-28)",
        link="https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http",
        eras=frozenset({Era.STATELESS}),
        seen_by=SeenBy.PROTOCOL,
    ),
)
_RESULTS = (
    Rule(
        id="structured-content-missing",
        group=Group.SCHEMAS,
        title="outputSchema declared but no structuredContent",
        severity=Severity.ERROR,
        symptom="A tool that declares an outputSchema gave a result without structuredContent, and no error.",
        cause="The schema was generated, and the handler gives text only. The TypeScript client refuses such a result.",
        fix="Return structuredContent (and the same as text), or drop the outputSchema.",
        source="Tools: output schema (MUST); wassette#263",
        link=f"{_SERVER}/tools#output-schema",
        eras=frozenset({Era.STREAMABLE, Era.STATELESS}),
        watch=Tools,
    ),
    Rule(
        id="output-schema-violated",
        group=Group.SCHEMAS,
        title="structuredContent violates outputSchema",
        severity=Severity.ERROR,
        symptom="structuredContent does not fit the outputSchema of its tool.",
        cause="Schema and value come from two places: optional fields as null, numbers as text, keys in another case.",
        fix="Generate schema and value from one type, and validate before sending.",
        source="Tools: output schema (MUST); mastra#22556",
        link=f"{_GITHUB}/mastra-ai/mastra/issues/22556",
        eras=frozenset({Era.STREAMABLE, Era.STATELESS}),
        watch=Tools,
    ),
)
RULES: tuple[Rule, ...] = (*_LISTS, *_RESULTS)
