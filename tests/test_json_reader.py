"""The strict decoder takes what RFC 8259 allows, exactly, and says where and why it refuses."""

import copy
import json
import pickle
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.exact_json.faults import fault_in
from webapp.exact_json.reader import (
    ExactFloat,
    ExactInt,
    JsonValue,
    Limits,
    Unreadable,
    read_json,
)
from webapp.exact_json.values import place_of

# How long an example takes says more about the machine than about the code.
UNHURRIED = settings(deadline=None)

MUST_ACCEPT = [
    # arrays
    "[]", "[ ]", "[\n]", "[[]]", "[[],[]]", "[[[[]]]]", '[""]', "[0]", "[1,2,3]", "[ 1 , 2 ]",
    "[\t1\r\n,\n2 ]", "[null]", "[null,1,\"1\",{}]", "[true,false,null]", " [1]", "[2] ", "[1]\n",
    "[[1],{},[{}]]", '["a",\n4\n,1]', "[1,null,null,null,2]",
    # objects
    "{}", "{ }", "{\n}", '{"a":1}', '{ "a" : 1 }', '{"a":{}}', '{"a":[]}', '{"":0}', '{"":""}',
    '{"a":"b"}', '{"a":1,"b":2}', '{"a":1,"A":2}', '{"a":{"a":{"a":1}}}', '{"a":[{"a":[]}]}',
    '{"\\u0061":1,"b":1}', '{"a b":1}', '{"/~":1}', '{"min":-1.0e+28,"max":1.0e+28}', '{"a":null}',
    '{"__proto__":1}', '{"\\"":1}', '{"\\n":1}', '{\t"a"\t:\t"b"\t}',
    '{"title":"\\u041f\\u043e\\u043b"}', '{"x":[{"id":"xxxxxxxxxxxxxxxxxxxxxxxx"}],"id":"x"}',
    # scalars at the top
    "null", "true", "false", "0", "-0", "1", "-1", "1.5", '""', '"x"', " null ", "\nnull", "\t1\t",
    "\r\n0", '"asd"', "42", "-0.1", "1e5",
    # numbers
    "[0]", "[-0]", "[-0.0]", "[10]", "[120]", "[-123]", "[0.5]", "[-0.5]", "[0.0]", "[1.000]",
    "[123.456789]", "[1e2]", "[1E2]", "[1e+2]", "[1E+2]", "[1e-2]", "[1E-2]", "[1.5e10]",
    "[1.5E-10]", "[0e1]", "[0e+1]", "[0E0]", "[123e65]", "[1e22]", "[20e1]", "[123.456e78]",
    "[0.4e-5]", "[1e-400]", "[-1e-999]", "[1e00002]", "[1e-0]", "[9007199254740993]",
    "[9223372036854775808]", "[-237462374673276894279832749832423479823246327846]",
    "[0.1234567890123456789012345678901234567890]", "[1.7976931348623157e308]", "[5e-324]",
    "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
    # texts
    '["\\""]', '["\\\\"]', '["\\/"]', '["/"]', '["\\b\\f\\n\\r\\t"]', '["\\u0060"]', '["\\u012a"]',
    '["\\u0041\\u0042"]', '["\\uD801\\udc37"]', '["\\ud83d\\ude39\\ud83d\\udc8d"]', '["\\u0001"]',
    '["\\u001F"]', '["\\u2028"]', '["\\u2029"]', '["\\uFFFF"]', '["\\uFDD0"]', '["\\uDBFF\\uDFFE"]',
    '["\\u200B"]', '["\\u2064"]', '["\\u0022"]', '["\\u005C"]', '["\\\\u0000"]', '["\\\\ud800"]',
    '["\\\\n"]', '["\\\\\\""]', '["a/*b*/c/*d//e"]', '["// no comment"]', '["# none"]', '["[{"]',
    '["]}"]', '[","]', '[":"]', '["\'"]', '["`"]', '["\u20ac"]', '["\U0001d11e"]',
    '["\u2028\u2029"]', '["\x7f"]', '["\x85"]', '["\xa0"]', '["\ufeff"]', '["\uffff"]',
    '["\u2342\u3648\u79d8"]', '["new\\u00A0line"]', '["\\uA66D"]', '["aa\\u0061a"]', '[" "]',
    '["NaN"]', '["Infinity"]', '["true"]', '["<!--</script>]]>"]', '["{{7*7}}${7*7}"]',
    '["\\uD834\\uDD1E\\u0041"]', '["\\u0821\\u0123"]', '["\U0010fffe"]', '"\\u00e9"', '["e\u0301"]',
]  # fmt: skip

MUST_REFUSE = [
    # nothing, or not enough; column counts on the last line of the text up to the fault
    ("", 1), (" ", 1), ("\t\t", 1), ("[", 2), ("{", 2), ("[1", 3), ("[1,", 4), ("[[", 3),
    ('["a"', 5), ('{"a"', 5), ('{"a":', 6), ('{"a":1', 7), ('{"a":1,', 8), ('"', 1), ('"abc', 1),
    ('["a', 2), ('["a\\', 2), ('["\\"', 2), ('{"a', 2), ("[1,\n", 1), ("[[[1]]", 7),
    ('{"a":{"b":1}', 13), ("-", 1), ("[-", 2),
    # commas
    ("[1,]", 3), ("[,1]", 2), ("[,]", 2), ("[1,,2]", 4), ("[1,,]", 4), ("[1 2]", 4),
    ('["a" "b"]', 6), ('{"a":1,}', 7), ('{,}', 2), ('{,"a":1}', 2), ('{"a":1,,"b":2}', 8),
    ('{"a":1 "b":2}', 8), (",", 1), ("[1],", 4), ("1,", 2), ('{"a":1},', 8), ("[[1][2]]", 5),
    ("[1\n2]", 1), ("[3[4]]", 3),
    # colons and names
    ('{"a" 1}', 6), ('{"a","b"}', 5), ('{"a"}', 5), ('{:1}', 2), ('{"a"::1}', 6), ('{"a":}', 6),
    ("{a:1}", 2), ("{1:1}", 2), ("{'a':1}", 2), ("{null:1}", 2), ("{[]:1}", 2), ("{{}:1}", 2),
    ('{"a":1,2}', 8), ('{"a":"b",c:1}', 10), ('["a":1]', 5), ('{"a"=1}', 5), ('{"a":1:2}', 7),
    ('{"x", null}', 5), ("{true:1}", 2), ("{,", 2), ("[:]", 2), (":", 1),
    # brackets
    ("]", 1), ("}", 1), ("[]]", 3), ("{}}", 3), ("[}", 2), ("{]", 2), ("[1}", 3), ('{"a":1]', 7),
    ("[[]", 4), ("([])", 1), ("<>", 1), ("[1]]", 4), ("[](", 3), ("[(1)]", 2),
    # words
    ("nul", 1), ("nulll", 1), ("tru", 1), ("True", 1), ("TRUE", 1), ("False", 1), ("None", 1),
    ("[nan]", 2), ("[NaN]", 2), ("[-NaN]", 2), ("[Infinity]", 2), ("[-Infinity]", 2),
    ("[+Infinity]", 2), ("[inf]", 2), ("undefined", 1), ("[undefined]", 2), ("[a]", 2),
    ("[truefalse]", 2), ("abc", 1), ("[fals]", 2), ("*", 1), ("[*]", 2), ("&", 1), ("@", 1),
    ("nu\nll", 1), ("\u00e9", 1),
    # numbers
    ("[01]", 2), ("[-01]", 2), ("[00]", 2), ("[012]", 2), ("[-012]", 2), ("[0x1F]", 2),
    ("[0X1]", 2), ("[0o7]", 2), ("[0b1]", 2), ("[+1]", 2), ("[++1]", 2), ("[--1]", 2), ("[- 1]", 2),
    ("[.5]", 2), ("[-.5]", 2), ("[.]", 2), ("[1.]", 2), ("[-1.]", 2), ("[1.e1]", 2), ("[.e1]", 2),
    ("[1e]", 2), ("[1E]", 2), ("[1e+]", 2), ("[1e-]", 2), ("[1ee2]", 2), ("[1e1.5]", 2),
    ("[1.5.5]", 2), ("[0e]", 2), ("[0e+]", 2), ("[1_000]", 2), ("[1 000]", 4), ("[1a]", 2),
    ("[1x2]", 2), ("[1+2]", 3), ("[1-2]", 3), ("[1e400]", 2), ("[-1e400]", 2), ("[-1e999]", 2),
    ("[10n]", 2), ("[0.1.2]", 2), ("[-]", 2), ("[-a]", 2), ("[1/2]", 3), ("[0.3e]", 2),
    ("[\uff11]", 2), ("[1\u0661]", 3), ("[9.e+]", 2), ("[2.e3]", 2), ("[1f]", 2), ("[1.0f]", 2),
    ("1e1e1", 1), ("[--2.]", 2),
    # texts
    ("['a']", 2), ("[`a`]", 2), ("[\u201ca\u201d]", 2), ('["\t"]', 3), ('["\n"]', 3), ('["\r"]', 3),
    ('["a\x00b"]', 4), ('["\x1f"]', 3), ('["\\x41"]', 3), ('["\\a"]', 3), ('["\\v"]', 3),
    ('["\\0"]', 3), ("[\"\\'\"]", 3), ('["\\u"]', 3), ('["\\u1"]', 3), ('["\\u12"]', 3),
    ('["\\u123"]', 3), ('["\\u12G4"]', 3), ('["\\U0041"]', 3), ('["\\u{41}"]', 3),
    ('["\\ u0041"]', 3), ('["\\\n"]', 3), ('["\\\\\\"]', 2), ('["\\u0000"]', 3), ('["\\ud800"]', 3),
    ('["\\udc00"]', 3), ('["\\udc00\\ud800"]', 3), ('["\\ud800\\ud800"]', 3), ('["\\ud800a"]', 3),
    ('["a\\uD8"]', 4), ('["\\ud800\\u0041"]', 3), ('["\\ud800\\n"]', 3), ('["\\ud83d\\"]', 3),
    ('["a" + "b"]', 6), ('["a"b]', 5), ('"a""b"', 4), ('["\\\u00e5"]', 3), ("\\u0041", 1),
    ('{"\\ud800":1}', 3), ('[u"a"]', 2),
    # comments, blanks and marks
    ("// a\n1", 1), ("/* a */1", 1), ("# a\n1", 1), ("1 // a", 3), ("[1/* */]", 3), ('{"a":1}#', 8),
    ("[\u00a01]", 2), ("[\u2028]", 2), ("[\x0b1]", 2), ("[\x0c1]", 2), ("[\x85]", 2),
    ("[\u2060]", 2), ("[\ufeff1]", 2), ("\x00", 1), ("1\x00", 2), ("[1]\x00", 4),
    ("\ufeff\ufeff1", 1), ("[\x1e1]", 2),
    # several documents
    ("1 2", 3), ("[][]", 3), ("{}{}", 3), ('{"a":1}\n{"b":2}', 1), ("null null", 6), ("[1]x", 4),
    ('{"a":true} "x"', 12), ("[1];", 4), ("data: {}", 1), ("<html></html>", 1), ("PK\x03\x04", 1),
    ("\x89PNG", 1),
]  # fmt: skip


@pytest.mark.parametrize("text", MUST_ACCEPT, ids=ascii)
def test_what_the_standard_allows_is_read(text: str) -> None:
    assert read_json(text) == json.loads(text)
    assert read_json(text.encode()) == json.loads(text)
    assert fault_in(text) is None


@pytest.mark.parametrize(("text", "column"), MUST_REFUSE, ids=lambda case: ascii(case)[:40])
def test_what_the_standard_forbids_is_refused_with_its_place(text: str, column: int) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(text)
    error = refused.value
    assert error.column == column
    assert 0 <= error.offset <= len(text)
    assert error.reason.endswith(".")
    assert str(error) == f"line {error.line}, column {error.column}: {error.reason}"


def test_the_tables_are_long_enough_to_mean_something() -> None:
    assert len(MUST_ACCEPT) > 150
    assert len(MUST_REFUSE) > 190


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[1,\n2,\n x]", 3, 2),
        ("[1,\r\n2,\r\n x]", 3, 2),
        ("[1,\r2,\r x]", 3, 2),
        ("\n\n\n", 1, 1),
        ('["\U0001f600", x]', 1, 7),
    ],
)
def test_lines_end_as_editors_count_them_and_columns_count_characters(
    text: str, line: int, column: int
) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(text)
    assert (refused.value.line, refused.value.column) == (line, column)


@UNHURRIED
@given(st.text(alphabet="a\r\n"))
def test_places_agree_with_universal_newlines(text: str) -> None:
    for offset in range(len(text) + 1):
        if text[max(0, offset - 1) : offset + 1] == "\r\n":
            continue
        lines = text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert place_of(text, offset) == (len(lines), len(lines[-1]) + 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1,]", "no comma after the last"),
        ("{'a':1}", "not in single"),
        ("[True]", "Python's True is true"),
        ("[None]", "Python's None is null"),
        ("[undefined]", "leave the member out"),
        ("[NaN]", "NaN is not a number"),
        ("[-Infinity]", "Infinity is not a number"),
        ("[1e400]", "too large"),
        ("[01]", "leading zero"),
        ("[+1]", "plus sign"),
        ("[.5]", "both sides of its point"),
        ("[0x1F]", "decimal"),
        ("{a:1}", "name stands in double quotes"),
        ("// x\n1", "no comments"),
        ("{\u201ca\u201d: 1}", "typographic"),
        ("[\u00a01]", "no-break space"),
        ("<html>", "web page"),
        ('["a\nb"]', "breaks off at this line end"),
        ('["a\tb"]', "tab"),
        ('["\\x41"]', "no such escape"),
        ('["\\ud800"]', "half of a surrogate pair"),
        ('["\\u0000"]', "NUL"),
        ("{}{}", "second document"),
        ("[1] x", "follows the end"),
        ("[1]]", "never opened"),
        ("[1}", "does not match the one opened at line 1, column 1"),
        ('{"a":\n[1', "before the bracket opened at line 2, column 1 is closed"),
        ("[1 2]", "comma or ] is missing"),
        ('{"a":1 "b":2}', "comma or } is missing"),
        ('{"a" 1}', "colon is missing"),
        ("[,]", "value is missing"),
        ("", "nothing here"),
    ],
)
def test_a_refusal_says_what_is_wrong_in_plain_words(text: str, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(text)
    assert words in refused.value.reason + refused.value.hint


def _pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # our own bytes


class TestNumbers:
    @pytest.mark.parametrize("text", ["1.0", "1E2", "-0.0", "1e-7", "0.10", "1.50e+03", "5e-324"])
    def test_a_fraction_keeps_its_text(self, text: str) -> None:
        number = read_json(text)
        assert isinstance(number, ExactFloat)
        assert number.text == text
        assert number == float(text)

    def test_a_whole_number_stays_whole(self) -> None:
        assert type(read_json("1")) is int

    @pytest.mark.parametrize("exponent", [53, 63, 64, 1000])
    def test_a_whole_number_is_exact_at_any_size(self, exponent: int) -> None:
        assert read_json(str(2**exponent + 1)) == 2**exponent + 1

    def test_minus_zero_keeps_its_text(self) -> None:
        number = read_json("-0")
        assert isinstance(number, ExactInt)
        assert number.text == "-0"
        assert number == 0

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, _pickled])
    @pytest.mark.parametrize("text", ["1.50", "-0"])
    def test_a_copy_keeps_the_text(self, duplicate: Any, text: str) -> None:
        number = duplicate(read_json(text))
        assert number.text == text

    def test_the_digits_of_a_number_are_limited(self) -> None:
        assert read_json("7" * 4000) == int("7" * 4000)
        for text in ("7" * 4001, "-" + "7" * 4000, "0." + "1" * 4000, "[" + "7" * 5000 + "]"):
            with pytest.raises(Unreadable, match=r"longer than 4,000 digits"):
                read_json(text)


class TestRepeatedNames:
    def test_both_places_are_named(self) -> None:
        with pytest.raises(Unreadable) as refused:
            read_json('{"type": "a",\n "type": "b"}')
        error = refused.value
        assert (error.line, error.column) == (2, 2)
        assert error.reason == 'The member "type" appears twice: first at line 1, column 2.'
        assert error.offer == "keep_last"

    def test_the_path_of_a_nested_one_is_named(self) -> None:
        with pytest.raises(Unreadable, match=r'"name" in /a~1b/1/tools appears twice'):
            read_json('{"a/b": [0, {"tools": {"name": 1, "name": 2}}]}')

    def test_names_are_compared_as_read_not_as_written(self) -> None:
        with pytest.raises(Unreadable, match="appears twice"):
            read_json('{"a": 1, "\\u0061": 2}')

    def test_a_long_name_is_not_repeated_in_full(self) -> None:
        name = json.dumps("n" * 1000)
        with pytest.raises(Unreadable) as refused:
            read_json(f"{{{name}: 1, {name}: 2}}")
        assert len(refused.value.reason) < 150

    def test_the_same_name_in_other_objects_is_fine(self) -> None:
        assert read_json('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


class TestLimits:
    @pytest.mark.parametrize(("opener", "closer"), [("[", "]"), ('{"a":', "}"), ("[\n", " ]")])
    def test_depth_at_the_limit_is_read_and_one_more_is_refused(
        self, opener: str, closer: str
    ) -> None:
        read_json(opener * 63 + "[]" + closer * 63)
        with pytest.raises(Unreadable, match="nested too deep: 64"):
            read_json(opener * 64 + "[]" + closer * 64)

    @pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 10**5 + "]" * 10**5])
    def test_an_abyss_is_refused_at_the_first_level_too_many(self, text: str) -> None:
        with pytest.raises(Unreadable, match="nested too deep"):
            read_json(text)

    def test_brackets_inside_text_are_no_depth(self) -> None:
        for text in ("[" * 1000, '\\"[' * 1000, "\\\\" * 9 + "[" * 100, '"[{' * 100):
            assert read_json(json.dumps([text])) == [text]

    def test_brackets_behind_a_fault_do_not_hide_it(self) -> None:
        with pytest.raises(Unreadable, match="in single"):
            read_json("['\"" + "[" * 1000)

    @pytest.mark.parametrize("text", ["[1,2,3,4]", '{"a":[1,{}],"b":""}', "[[],[],[],{}]"])
    def test_values_at_the_limit_are_read_and_one_more_is_refused(self, text: str) -> None:
        read_json(text, limits=Limits(max_nodes=5))
        with pytest.raises(Unreadable, match="more than 4 values"):
            read_json(text, limits=Limits(max_nodes=4))

    def test_commas_inside_text_are_no_values(self) -> None:
        assert read_json(json.dumps("," * 60_000)) == "," * 60_000

    @pytest.mark.parametrize(
        "text", ["[" + "{}," * 10**6 + "{}]", "[" + "[]," * 10**6, "{" + '"a":1,' * 10**6]
    )
    def test_a_million_values_are_refused(self, text: str) -> None:
        with pytest.raises(Unreadable, match=r"more than 50,000|appears twice"):
            read_json(text)

    def test_a_thousand_items_fit(self) -> None:
        part = {"type": "input_text", "text": "Hello"}
        item = {"type": "message", "role": "user", "content": [part]}
        event = {"type": "response.create", "response": {"input": [item] * 1000}}
        assert read_json(json.dumps(event)) == event

    def test_bytes_and_characters_are_counted_in_bytes(self) -> None:
        limits = Limits(max_bytes=6)
        for text in ('"abcd"', '"éé"'):
            assert read_json(text, limits=limits)
            assert read_json(text.encode(), limits=limits)
        for longer in ('"abcde"', '"ééa"'):
            for source in (longer, longer.encode()):
                with pytest.raises(Unreadable, match="larger than 6 bytes"):
                    read_json(source, limits=limits)

    def test_one_text_is_limited_in_characters_as_read(self) -> None:
        limits = Limits(max_string_chars=3)
        for text in ('"abc"', '"\\u0041\\u0042\\u0043"', '{"abc":"abc"}', '"\\n\\n\\n"'):
            read_json(text, limits=limits)
        for text in ('"abcd"', '{"abcd":1}', '["a","\\u0041\\u0042\\u0043\\n"]'):
            with pytest.raises(Unreadable, match="longer than 3 characters"):
                read_json(text, limits=limits)

    def test_media_of_many_megabytes_is_read(self) -> None:
        media = "QUJD" * (5 * 1024 * 1024)
        assert read_json(f'{{"audio": "{media}"}}') == {"audio": media}


class TestBytes:
    def test_one_byte_order_mark_is_dropped(self) -> None:
        assert read_json(b"\xef\xbb\xbf[1]") == [1]
        assert read_json("\ufeff[1]") == [1]

    @pytest.mark.parametrize(
        "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
    )
    def test_wide_encodings_are_asked_for_as_utf_8(self, encoding: str) -> None:
        with pytest.raises(Unreadable) as refused:
            read_json('{"a": 1}'.encode(encoding))
        assert "UTF-8" in refused.value.hint

    @pytest.mark.parametrize(
        ("source", "line", "column"),
        [
            (b'"\xe9"', 1, 2),
            (b'["\xc3\xa9",\n"\xff"]', 2, 2),
            (b'"\xed\xa0\x80"', 1, 2),
            (b'"\xc0\xaf"', 1, 2),
            (b'"\xf4\x90\x80\x80"', 1, 2),
            (b'"\xe2\x82', 1, 2),
            (b"\x89PNG\r\n\x1a\n", 1, 1),
        ],
    )
    def test_bytes_that_are_not_utf_8_are_refused_with_their_place(
        self, source: bytes, line: int, column: int
    ) -> None:
        with pytest.raises(Unreadable, match="not UTF-8") as refused:
            read_json(source)
        assert (refused.value.line, refused.value.column) == (line, column)

    def test_half_a_pair_in_the_text_itself_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="surrogate") as refused:
            read_json('["a\ud800"]')
        assert refused.value.column == 4


@pytest.mark.parametrize(
    "broken", ['{"k": sk-canary}', "{'k': 'sk-canary'}", '{"k": "sk-canary" x}', '["sk-canary]']
)
def test_an_error_never_quotes_a_value(broken: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(broken)
    assert "canary" not in str(refused.value) + refused.value.hint


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('abc\u00e9"\\/~ '), inner),
)


@UNHURRIED
@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_what_json_writes_is_read_back(value: JsonValue, indent: int | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    read = read_json(text)
    assert read == value
    assert json.dumps(read, indent=indent, ensure_ascii=ascii_) == text
    assert fault_in(text) is None


FRAGMENTS = [*"[]{},:\"1-0e'/\\ \n\té\ufeff", '"a"', '"b"', ".5", "true", "null", "NaN"]
FRAGMENTS += ["\\u00e9", "\\ud83d", "\\ude00", "\\u0000"]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Return JSON with a few fragments put in or in place of what was there."""
    text = json.dumps(draw(JSON), indent=draw(st.sampled_from([None, 0])))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        fragment = draw(st.sampled_from(["", *FRAGMENTS]))
        text = text[:at] + fragment + text[at + draw(st.integers(0, 2)) :]
    return text


ANY_TEXT = st.lists(st.sampled_from(FRAGMENTS)).map("".join) | damaged()


@UNHURRIED
@given(ANY_TEXT)
def test_any_text_is_read_as_the_standard_library_does_or_refused(text: str) -> None:
    try:
        value = read_json(text)
    except Unreadable:
        return
    assert value == json.loads(text.removeprefix("\ufeff"))


@UNHURRIED
@given(ANY_TEXT)
def test_the_slow_path_finds_a_fault_exactly_when_the_fast_one_does(text: str) -> None:
    bare = text.removeprefix("\ufeff")
    with suppress(Unreadable):
        read_json(text)
        assert fault_in(bare) is None
        return
    assert fault_in(bare) is not None
