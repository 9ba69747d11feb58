"""Rules about the framing of event streams."""

from __future__ import annotations

from inspector.diagnose.rule import Group, Rule, SeenBy
from inspector.diagnose.rules.framing_blocks import DeclaredCharset, LargeEvents, MissingBlankLine
from inspector.trace.events import Severity

_PARSING = "https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation"

RULES: tuple[Rule, ...] = (
    Rule(
        id="sse-bom",
        group=Group.FRAMING,
        title="Stream starts with a BOM",
        severity=Severity.WARN,
        symptom="The first three bytes of the stream are EF BB BF. With HTTP+SSE the endpoint event is lost to it.",
        cause="The server writes with an encoding that signs its texts. The standard skips one byte order mark, but "
        "several clients take it for a part of the first field name.",
        fix="Encode as plain UTF-8, not as UTF-8 with signature.",
        source="WHATWG HTML, parsing an event stream",
        link="https://github.com/whatwg/html/issues/7791",
        explains=("lens-bom", "endpoint-event-missing", "sse-unknown-field"),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="sse-charset",
        group=Group.FRAMING,
        title="Charset is not UTF-8 / bytes invalid",
        severity=Severity.ERROR,
        symptom="The Content-Type declares a charset other than UTF-8, or an event has bytes that are no UTF-8.",
        cause="The server encodes its texts with the character set of its machine, or a framework adds one. An event "
        "stream is always read as UTF-8, whatever is declared; clients that follow the declaration read other text.",
        fix="Encode the stream as UTF-8.",
        source="WHATWG HTML 9.2.5; RFC 8259 section 8.1",
        link="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream",
        explains=("lens-charset",),
        watch=DeclaredCharset,
    ),
    Rule(
        id="sse-missing-blank-line",
        group=Group.FRAMING,
        title="Events never dispatched: blank line missing",
        severity=Severity.ERROR,
        symptom="A whole message has come in data lines, and no blank line follows; or the stream ends behind it.",
        cause="The server ends its events with one line end instead of two. Clients wait for the blank line, and "
        "discard what has none when the stream ends, without an error.",
        fix="End every event with a blank line: write `\\n\\n` behind its last field.",
        source="WHATWG HTML, interpreting an event stream",
        link=_PARSING,
        explains=("cut-mid-response", "request-unanswered"),
        watch=MissingBlankLine,
    ),
    Rule(
        id="sse-multiline-data",
        group=Group.FRAMING,
        title="One message split over several data lines",
        severity=Severity.NOTE,
        symptom="The JSON of one message stands on several lines, each with `data:` before it or only the first.",
        cause="The server sends JSON with indentation. Joined by line ends it may still be read, unless a line lacks "
        "its `data:` or a line end stands inside of a string.",
        fix="Serialise without indentation, so that a message is one line.",
        source="WHATWG HTML, interpreting an event stream",
        link=_PARSING,
        explains=("sse-unknown-field", "jsonrpc-invalid-json"),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="sse-unknown-field",
        group=Group.FRAMING,
        title="Lines that are no SSE field",
        severity=Severity.WARN,
        symptom="Lines of the stream begin with none of data, event, id and retry: JSON, `Data:`, ` data:`, log text.",
        cause="The server prints to the stream, forgets the prefix, or writes it in capitals or behind a space. "
        "Every client drops such lines in silence.",
        fix="Put `data: ` before every line of data.",
        source="WHATWG HTML, interpreting an event stream",
        link=_PARSING,
        explains=("jsonrpc-invalid-json",),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="sse-unknown-event-name",
        group=Group.FRAMING,
        title="MCP message under a foreign event name",
        severity=Severity.WARN,
        symptom="An event is named neither `message` nor, in HTTP+SSE, `endpoint`, and carries a JSON-RPC message.",
        cause="The server names its events after what they are. Clients take only `message` and drop all others.",
        fix="Name the event `message`, or leave the name out.",
        source="MCP specification, transports",
        link="https://modelcontextprotocol.io/specification/2025-11-25/basic/transports",
        explains=("request-unanswered",),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="sse-event-over-1mib",
        group=Group.FRAMING,
        title="Event larger than clients accept",
        severity=Severity.ERROR,
        symptom="One event carries a mebibyte of data or more; from a quarter of that on it is only a warning.",
        cause="A list or a result goes out in one piece. Clients and proxies discard lines or events of 1 MiB, which "
        "then looks like a call that hangs, or like a session that has expired.",
        fix="Paginate lists, shorten results or link to them as resources, or answer with JSON instead of a stream.",
        source="python-sdk#3332",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/3332",
        watch=LargeEvents,
    ),
    Rule(
        id="sse-event-too-large",
        group=Group.FRAMING,
        title="Event larger than this program takes",
        severity=Severity.ERROR,
        symptom="An event goes beyond the limit that is set for this program; its beginning is kept.",
        cause="The event never ends, or carries far more than any client takes.",
        fix="Paginate, or link to the data as a resource.",
        source="The limit of this program (Options)",
        link=_PARSING,
        explains=("sse-event-over-1mib", "jsonrpc-invalid-json"),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="sse-eol-odd",
        group=Group.FRAMING,
        title="CR-only or mixed line ends, CRLF split across chunks",
        severity=Severity.NOTE,
        symptom="Lines of one event end in CR alone, or in more than one way.",
        cause="Texts of several origins are put together, or the server writes the line end of an old system. The "
        "standard allows it; some clients dispatch an event twice, or late.",
        fix="End lines with `\\n` only, and write each event as a whole.",
        source="WHATWG HTML, parsing an event stream",
        link="https://github.com/rexxars/eventsource-parser/issues/17",
        explains=("lens-held-back",),
        seen_by=SeenBy.PROTOCOL,
    ),
)
