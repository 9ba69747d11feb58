"""The examples of RFC 6570, and templates that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.uri_template import Expansion, Variable, expand, variables

VALUES = {
    "var": "value",
    "hello": "Hello World!",
    "path": "/foo/bar",
    "empty": "",
    "x": "1024",
    "y": "768",
    "half": "50%",
    "list": ["red", "green", "blue"],
    "base": "http://example.com/home/",
    "semi": ";",
    "v": "6",
}


@pytest.mark.parametrize(
    ("template", "uri"),
    [
        ("{var}", "value"),
        ("{hello}", "Hello%20World%21"),
        ("{half}", "50%25"),
        ("O{empty}X", "OX"),
        ("O{undef}X", "OX"),
        ("{x,hello,y}", "1024,Hello%20World%21,768"),
        ("{var:3}", "val"),
        ("{list}", "red,green,blue"),
        ("{list*}", "red,green,blue"),
        ("{+hello}", "Hello%20World!"),
        ("{+half}", "50%25"),
        ("{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"),
        ("{+base}index", "http://example.com/home/index"),
        ("{+path:6}/here", "/foo/b/here"),
        ("X{#hello}", "X#Hello%20World!"),
        ("{#path,x}/here", "#/foo/bar,1024/here"),
        ("X{.list*}", "X.red.green.blue"),
        ("{/var,empty}", "/value/"),
        ("{/list*,path:4}", "/red/green/blue/%2Ffoo"),
        ("{;v,empty,who}", ";v=6;empty"),
        ("{;list*}", ";list=red;list=green;list=blue"),
        ("{?x,y,undef}", "?x=1024&y=768"),
        ("{?list}", "?list=red,green,blue"),
        ("{&var:3,list*}", "&var=val&list=red&list=green&list=blue"),
        ("demo://table/{var}{?x,y}", "demo://table/value?x=1024&y=768"),
    ],
)
def test_the_examples_of_the_rfc(template: str, uri: str) -> None:
    assert expand(template, VALUES) == Expansion(uri)


def test_variables_come_in_order_and_once() -> None:
    read = variables("a://{host}/{+path}{?page,tags*,host}")
    assert read.variables == (Variable("host"), Variable("path"), Variable("page"), Variable("tags", is_list=True))
    assert read.error == ""
    assert variables("a://b").variables == ()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("a{b", "brace"),
        ("a}b", "brace"),
        ("{a{b}}", "brace"),
        ("{}", "{} is not an expression"),
        ("{a b}", "not an expression"),
        ("{a:0}", "not an expression"),
        ("{a:x}", "not an expression"),
        ("{a,,b}", "not an expression"),
        ("{|a}", "reserved"),
        ("{a=b}", "not an expression"),
        ("x" * 9_000, "longer than 8,192"),
        ("".join(f"{{v{n}}}" for n in range(51)), "more than 50 variables"),
    ],
)
def test_what_is_no_template_is_said_in_a_sentence(template: str, words: str) -> None:
    assert words in variables(template).error
    assert expand(template, {"a": "1"}) == Expansion("", variables(template).error)


def test_triplets_and_blanks_in_one_reserved_value() -> None:
    assert expand("{+a}", {"a": "b c%20d"}).uri == "b%20c%20d"
    assert expand("{+a}{a}", {"a": "é/"}).uri == "%C3%A9/%C3%A9%2F"


def test_literals_are_made_fit_for_a_uri() -> None:
    assert expand("demo://für/{a}%20b", {"a": "x"}).uri == "demo://f%C3%BCr/x%20b"


def test_half_a_surrogate_pair_is_refused() -> None:
    assert "surrogate" in expand("{a}", {"a": "\ud800"}).error


@given(st.text(alphabet="{}+#./;?&*:,ab1%ü =", max_size=30), st.text(max_size=10))
def test_nothing_raises(template: str, value: str) -> None:
    read = variables(template)
    made = expand(template, {variable.name: value for variable in read.variables})
    assert bool(made.error) >= bool(read.error)
    if not made.error:
        assert made.uri.isascii()
