"""What people paste is read with each repair listed, or refused with a place and a reason."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.exact_json.reader import ExactFloat, JsonValue, Limits, Unreadable
from webapp.paste.reading import Reading, read_event, read_paste

# How long an example takes says more about the machine than about the code.
UNHURRIED = settings(deadline=None)

EVENT: dict[str, JsonValue] = {"type": "response.create"}
WIRE = '{"type":"response.create"}'
COMMA = "Removed a trailing comma."
COMMENT = "Removed a comment."
NAME = "Put a member's name in quotes."
SINGLE = "Put text in double quotes instead of single ones."
BEFORE = "Left out what stands before the event."
AFTER = "Left out what stands after the event."
QUOTES = "Took the event out of its quotes."
NUMBER = "Rewrote a number the way JSON writes it."
ESCAPE = "Rewrote an escape that JSON does not have."
JOINED = "Joined texts written in pieces."
BLANK = "Removed a blank that JSON does not have."


def repairs(reading: Reading) -> list[str]:
    return [f"{repair.line}:{repair.column} {repair.what}" for repair in reading.repairs]


@pytest.mark.parametrize(
    ("text", "value", "listed"),
    [
        # comments and commas
        ('{"a":1,}', {"a": 1}, [f"1:7 {COMMA}"]),
        ("[1,[2,],]", [1, [2]], [f"1:6 {COMMA}", f"1:8 {COMMA}"]),
        ('{"a":1, // x\n"b":2}', {"a": 1, "b": 2}, [f"1:9 {COMMENT}"]),
        ('/* x\n*/ {"a":1} # y', {"a": 1}, [f"1:1 {COMMENT}", f"2:12 {COMMENT}"]),
        ('{"a" /*x*/: /*,*/ 1}', {"a": 1}, [f"1:6 {COMMENT}", f"1:13 {COMMENT}"]),
        ('{"url":"wss://x/*y*/",}', {"url": "wss://x/*y*/"}, [f"1:22 {COMMA}"]),
        ('{"a":1};', {"a": 1}, ["1:8 Removed a semicolon."]),
        ('{"a":1},', {"a": 1}, [f"1:8 {COMMA}"]),
        # JavaScript
        (
            "{a: 1, $b_2: 2, ü: 3}",
            {"a": 1, "$b_2": 2, "ü": 3},
            [f"1:{at} {NAME}" for at in (2, 8, 17)],
        ),
        ("{'a': 'b'}", {"a": "b"}, [f"1:2 {SINGLE}", f"1:7 {SINGLE}"]),
        ("{'a': '\"'}", {"a": '"'}, [f"1:2 {SINGLE}", f"1:7 {SINGLE}"]),
        ("[`a\n$b`]", ["a\n$b"], ["1:2 Put text in double quotes instead of backticks."]),
        ("[`a\r\nb`]", ["a\nb"], ["1:2 Put text in double quotes instead of backticks."]),
        ('{"a":undefined,"b":1}', {"b": 1}, ["1:2 Removed a member whose value is undefined."]),
        ("[undefined]", [None], ["1:11 Wrote null for undefined in a list."]),
        ("[0x1F, 0b11, 0o17]", [31, 3, 15], [f"1:{at} {NUMBER}" for at in (2, 8, 14)]),
        ("[+1, 1_000, 10n]", [1, 1000, 10], [f"1:{at} {NUMBER}" for at in (2, 6, 13)]),
        (
            "[.5, 5., -.5, 1.e3]",
            [0.5, 5.0, -0.5, 1e3],
            [f"1:{at} {NUMBER}" for at in (2, 6, 10, 15)],
        ),
        ("['\\x41']", ["A"], [f"1:2 {SINGLE}", f"1:3 {ESCAPE}"]),
        ("['\\u{1F600}']", ["\U0001f600"], [f"1:2 {SINGLE}", f"1:3 {ESCAPE}"]),
        ("['\\ud83d\\ude00']", ["\U0001f600"], [f"1:2 {SINGLE}"]),
        ("['it\\'s']", ["it's"], [f"1:2 {SINGLE}"]),
        ('["it\\\'s"]', ["it's"], [f"1:5 {ESCAPE}"]),
        ("['a\\\nb\\\r\nc']", ["abc"], [f"1:2 {SINGLE}", f"1:4 {ESCAPE}", f"2:2 {ESCAPE}"]),
        ('["a" + "b" +\n"c"]', ["abc"], [f"1:6 {JOINED}", f"1:12 {JOINED}"]),
        (
            '{"o":JSON.stringify({"a":[1]})}',
            {"o": '{"a":[1]}'},
            ["1:6 Wrote the text that JSON.stringify gives."],
        ),
        # Python
        (
            "[True, False, None]",
            [True, False, None],
            ["1:2 Read True as true.", "1:8 Read False as false.", "1:15 Read None as null."],
        ),
        ("(1, 2)", [1, 2], ["1:1 Read a tuple as a list."]),
        ("[(1,), ()]", [[1], []], ["1:2 Read a tuple as a list.", "1:8 Read a tuple as a list."]),
        ("({'a': 1})", {"a": 1}, ["1:1 Removed round brackets.", f"1:3 {SINGLE}"]),
        (
            '["""a\n"b" c"""]',
            ['a\n"b" c'],
            ["1:2 Put text in double quotes instead of triple ones."],
        ),
        ("['''it's''']", ["it's"], ["1:2 Put text in double quotes instead of triple ones."]),
        ('[u"a"]', ["a"], ["1:2 Read a Python text with the prefix u."]),
        ('[r"\\d\\n"]', ["\\d\\n"], ["1:2 Read a Python text with the prefix r."]),
        (
            "[b'caf\\xc3\\xa9']",
            ["café"],
            ["1:2 Read a Python text with the prefix b.", f"1:7 {ESCAPE}", f"1:11 {ESCAPE}"],
        ),
        ("[f'{{a}}']", ["{a}"], ["1:2 Read a Python text with the prefix f."]),
        ('{"a": ("b"\n "c")}', {"a": "bc"}, ["1:7 Removed round brackets.", f"2:2 {JOINED}"]),
        ('{"a": "b"\n "c", "d": 1,}', {"a": "bc", "d": 1}, [f"2:2 {JOINED}", f"2:13 {COMMA}"]),
        (
            "['\\U0001f600\\101\\v']",
            ["\U0001f600A\v"],
            [f"1:2 {SINGLE}", *(f"1:{at} {ESCAPE}" for at in (3, 13, 17))],
        ),
        (
            '{"o":json.dumps({"a":[1]})}',
            {"o": '{"a": [1]}'},
            ["1:6 Wrote the text that json.dumps gives."],
        ),
        ("{1: 'a'}", {"1": "a"}, [f"1:2 {NAME}", f"1:5 {SINGLE}"]),
        # quotes, blanks and line ends that editors and chat programs make
        (
            "{\u201ca\u201d: \u2018b\u2019}",
            {"a": "b"},
            [f"1:{at} Put text in straight quotes instead of typographic ones." for at in (2, 7)],
        ),
        ('{"a":"\u201cb\u201d",}', {"a": "\u201cb\u201d"}, [f"1:11 {COMMA}"]),
        ('{\u00a0"a":\u2003"\u00a0"}', {"a": "\u00a0"}, [f"1:2 {BLANK}", f"1:7 {BLANK}"]),
        ("[1,\u200b2]", [1, 2], [f"1:4 {BLANK}"]),
        ('\ufeff{"a":1}', {"a": 1}, ["1:1 Removed a byte order mark."]),
        ('\ufeff{"a":1,}', {"a": 1}, ["1:1 Removed a byte order mark.", f"1:8 {COMMA}"]),
        ('["a\nb"]', ["a\nb"], ["1:4 Kept a line end inside text."]),
        ('["a\r\nb"]', ["a\nb"], ["1:4 Kept a line end inside text."]),
        ('["a\tb"]', ["a\tb"], ["1:4 Kept a control character inside text."]),
        ('["\\d+"]', ["\\d+"], [f"1:3 {ESCAPE}"]),
        (
            '[\u201ca\\\u201db\\"\u201d]',
            ['a"b"'],
            ["1:2 Put text in straight quotes instead of typographic ones."],
        ),
        # quotes around it that are no quotes of a shell or a table
        ("echo '{a: 1} | x", {"a": 1}, [f"1:1 {BEFORE}", f"1:8 {NAME}", f"1:14 {AFTER}"]),
        (
            "x = [{}, {a: 1}];",
            [{}, {"a": 1}],
            [f"1:1 {BEFORE}", f"1:11 {NAME}", "1:17 Removed a semicolon."],
        ),
    ],
    ids=ascii,
)
def test_a_literal_is_read_and_each_repair_is_listed(
    text: str, value: JsonValue, listed: list[str]
) -> None:
    reading = read_paste(text)
    assert reading.value == value
    assert repairs(reading) == listed


def around(before: str, after: str) -> list[str]:
    return [what for what, there in ((BEFORE, before.strip()), (AFTER, after.strip())) if there]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("const event = ", " // sent"),
        ("ws.send(JSON.stringify(", "));"),
        ("await ws.send(json.dumps(", ", ensure_ascii=False))"),
        ("2026-01-01T10:00:00.123Z [INFO] [12] (main) sending ", " to peer"),
        ("> TEXT ", " [26 bytes]"),
        ("[2026-01-01 10:00:00,123] {worker-1} it's ", ""),
        ("{worker} [1, 2] {} [] it's ", " {} [3]"),
        ("data: ", "\n\ndata: [DONE]\n"),
        ('event: a\ndata: {"type": "session.update"}\n\nevent: b\ndata: ', "\n\n"),
        ('{"type": "session.created"}\n', '\n{"type": "response.created", "response": {}}\n'),
        ("ws.on('open', function () {\n  ", "\n});"),
        ("new WebSocket(u, {headers: {a: 'Bearer ' + process.env.KEY}});\nws.send(", ")"),
        ("async def main():\n    async with connect(f'{url}') as ws:\n        await ws.send(", ")"),
        ("a \\\"{ b '{ c `{ d [[ (( ", ""),
    ],
)
@pytest.mark.parametrize(
    "event", [WIRE, "{type: 'response.create',}", '{\n "type":"response.create"}']
)
def test_an_event_is_found_among_other_things(before: str, event: str, after: str) -> None:
    reading = read_paste(before + event + after)
    assert reading.value == EVENT
    assert [repair.what for repair in reading.repairs if repair.what in (BEFORE, AFTER)] == around(
        before, after
    )


SPEECH: dict[str, JsonValue] = {
    "type": "response.create",
    "response": {"instructions": 'Don\'t say "hi" \\ $HOME `x`\nor \u00e9 {"}'},
}
SPOKEN = json.dumps(SPEECH, ensure_ascii=False)
IN_SINGLE = SPOKEN.replace("'", "'\\''")
IN_DOUBLE = SPOKEN.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")


@pytest.mark.parametrize(
    "text",
    [
        f"echo '{IN_SINGLE}' | websocat wss://api.openai.com/v1/realtime",
        f"curl -N -d '{IN_SINGLE}' -H 'A: {{b}}' https://x",
        f"curl --data-raw='{IN_SINGLE}'",
        f"EVENT='{IN_SINGLE}'",
        SPOKEN.replace("'", "'\"'\"'").join(("$ websocat -x '", "'")),
        f'wscat -c wss://x \\\n  -x "{IN_DOUBLE}"',
        "printf %s $'" + SPOKEN.replace("\\", "\\\\").replace("'", "\\'") + "' | websocat",
        f"await ws.send({SPOKEN!r})",
        f"event = {SPOKEN!r}",
        f"sending {SPOKEN.encode()!r} now",
        f"ws.send({json.dumps(SPOKEN)});",
        f"send(`{SPOKEN.replace(chr(92), chr(92) * 2).replace('`', chr(92) + '`')}`)",
        f"msg={json.dumps(SPOKEN)} level=info",
        "INFO " + json.dumps(SPOKEN)[1:-1],
        json.dumps(json.dumps(SPOKEN)[1:-1])[1:-1],
        '1,"' + SPOKEN.replace('"', '""') + '",2',
        "msg=" + json.dumps(json.dumps(SPOKEN)[1:-1]) + " level=info",
        f"x = {json.dumps(SPEECH, indent=1)!r}",
        f"cat <<EOF | websocat wss://x\n{SPOKEN}\nEOF",
    ],
    ids=ascii,
)
def test_an_event_in_the_quotes_of_a_shell_or_a_program_is_read_as_they_would(text: str) -> None:
    assert read_paste(text).value == SPEECH


def test_what_was_around_a_quoted_event_is_listed() -> None:
    reading = read_paste(f"echo '{WIRE}' | websocat wss://x")
    assert repairs(reading) == [f"1:1 {BEFORE}", f"1:7 {QUOTES}", f"1:35 {AFTER}"]


def test_an_event_in_a_code_fence_is_read() -> None:
    reading = read_paste(f"\n```json\n{WIRE}\n```\n")
    assert reading.value == EVENT
    assert repairs(reading) == ["2:1 Removed a code fence."]
    assert read_paste(f"Try `{WIRE}` here").value == EVENT


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "nothing here"),
        (" \n", 1, 1, "nothing here"),
        ("hello there", 1, 1, "no object"),
        ("hello {world} [1, 2]", 1, 1, "no object"),
        ('log {"type', 1, 6, "no closing quote"),
        ("{a: 0b12}", 1, 5, "not a number"),
        ('1,"{""a"": ""b""', 1, 7, "A colon is missing"),
        ("x = [1, 2]; y = [[3]]", 1, 1, "no object"),
        ("{'a': NaN}", 1, 7, "NaN is not a number"),
        ("[-Infinity,]", 1, 2, "-Infinity is not a number"),
        ("{'a': -inf}", 1, 7, "-inf is not a number"),
        ("nan", 1, 1, "nan is not a number"),
        ("{'a': 1e400}", 1, 7, "too large"),
        ("{a: 01}", 1, 5, "leading zero"),
        ("{a: 1.2.3}", 1, 5, "not a number"),
        ("{a: 12abc}", 1, 5, "not a number"),
        ("{a: 0xZ}", 1, 5, "not a number"),
        ("{a: b}", 1, 5, "name from a program"),
        ("{a: process.env.KEY}", 1, 5, "name from a program"),
        ("{a: f(1)}", 1, 5, "name from a program"),
        ("{a: JSON.stringify(b, null, 2)}", 1, 20, "name from a program"),
        ("{a: JSON.stringify({}, null, 2)}", 1, 19, "more than this reader"),
        ("{a, b: 1}", 1, 3, "colon and a value are missing"),
        ("{...a}", 1, 2, "Three dots"),
        ("{a: [1, ...]}", 1, 9, "Three dots"),
        ("{a: `x${b}`}", 1, 7, "placeholder"),
        ("{a: f'x{b}'}", 1, 8, "placeholder"),
        ("{a: 1 b: 2}", 1, 7, "comma or } is missing"),
        ('{a: ["x" "y"]}', 1, 10, "comma or ] is missing"),
        ('{"a" = 1, b: 1}', 1, 6, "colon is missing"),
        ("{a: }", 1, 5, "value is missing"),
        ("{a: 1,, b: 2}", 1, 7, "name is missing"),
        ("[1,,2]", 1, 4, "value is missing"),
        ("{a: undefined + 1}", 1, 15, "comma or } is missing"),
        ("{a: 'b' + 1}", 1, 12, "Only texts"),
        ("undefined", 1, 10, "undefined is no value"),
        ("{a: [1}", 1, 7, "does not match the one opened at line 1, column 5"),
        ("{a: [1,\n", 2, 1, "ends too early"),
        ("{a:\n [1", 2, 4, "before the bracket opened at line 2, column 2 is closed"),
        ("{'a': 'b}", 1, 7, "no closing quote"),
        ('{a: "b\\', 1, 5, "no closing quote"),
        ("{a: 1 /* b}", 1, 7, "comment is never closed"),
        ('{"a": "b\n "c": 1}', 1, 9, "breaks off at this line end"),
        ('{"a": 1, "b\n: "c"}', 1, 12, "breaks off at this line end"),
        ("{a: '\\ud800'}", 1, 6, "half of a surrogate pair"),
        ("{a: '\\udc00\\ud800'}", 1, 6, "half of a surrogate pair"),
        ("{a: '\\u{110000}'}", 1, 6, "no such character"),
        ("{a: '\\u12'}", 1, 6, "not complete"),
        ("{a: '\\0'}", 1, 6, "NUL"),
        ("{a: '\\x00'}", 1, 6, "NUL"),
        ("{a: '\x00'}", 1, 6, "NUL"),
        ("{a: b'\\xff'}", 1, 5, "not UTF-8"),
        ("{a: *}", 1, 5, "No value starts"),
        ("[1, 2] [3, 4]", 1, 8, "follows the end"),
        (f"{WIRE}\n{WIRE}", 2, 1, "second response.create"),
        (f"a {WIRE}\nb {{type: 'response.create'}}\n", 2, 3, "second response.create"),
        ('{"a": 1}\n{"b": 2}', 2, 1, "none of them is a response.create"),
        (f'{WIRE}, "response": {{}}}}', 1, 26, "more members follow"),
        ('"response": {"a": 1}}', 1, 1, "no opening bracket"),
        (f"{{type: 'response.create', a: NaN}}\n{WIRE}", 1, 30, "NaN is not a number"),
        ("log {a: {b: NaN}, c: {d: 1}}", 1, 13, "NaN is not a number"),
        (f"echo '{IN_SINGLE[:-1]}, \"x\": NaN}}' | websocat", 1, 117, "NaN is not a number"),
        ("send(" + json.dumps(WIRE[:-1] + ',"x": NaN}') + ")", 1, 44, "NaN is not a number"),
        ('x = \'{"a": 1, "a": 2}\'', 1, 15, "first at line 1, column 7"),
    ],
    ids=ascii,
)
def test_what_cannot_be_read_is_refused_with_its_place(
    text: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read_paste(text)
    error = refused.value
    assert words in error.reason
    assert (error.line, error.column) == (line, column)


class TestRepeatedNames:
    TEXT = '{"type": "a",\n "type": "b"}'

    @pytest.mark.parametrize("text", [TEXT, TEXT + ";", f"x = {TEXT}", f"send({json.dumps(TEXT)})"])
    def test_they_are_refused_with_an_offer_and_read_when_it_is_taken(self, text: str) -> None:
        with pytest.raises(Unreadable) as refused:
            read_paste(text)
        assert refused.value.offer == "keep_last"
        reading = read_paste(text, keep_last=True)
        assert reading.value == {"type": "b"}
        kept = "Kept the last of several members with the same name."
        assert kept in {repair.what for repair in reading.repairs}

    def test_undefined_last_leaves_nothing(self) -> None:
        assert read_paste("{a: 1, a: undefined}", keep_last=True).value == {}

    def test_it_changes_nothing_else(self) -> None:
        assert read_paste(WIRE, keep_last=True) == Reading(EVENT)


class TestNumbers:
    @pytest.mark.parametrize("text", ["1.50", "-0.0", "1E2", "1e-07"])
    def test_a_number_keeps_its_text(self, text: str) -> None:
        number = read_paste(f"[{text},]").value[0]  # type: ignore[index, call-overload]
        assert isinstance(number, ExactFloat)
        assert number.text == text

    @pytest.mark.parametrize(("text", "plain"), [(".5", "0.5"), ("+1.50", "1.50"), ("5.", "5.0")])
    def test_a_repaired_number_has_the_text_json_needs(self, text: str, plain: str) -> None:
        number = read_paste(text).value
        assert isinstance(number, ExactFloat)
        assert number.text == plain

    def test_hexadecimal_is_exact_and_limited_like_decimal(self) -> None:
        assert read_paste("0x" + "f" * 3000).value == 16**3000 - 1
        for text in ("0x" + "f" * 3900, "0x" + "f" * 5000, "1_" * 3000 + "1"):
            with pytest.raises(Unreadable):
                read_paste(text)


class TestLimits:
    @pytest.mark.parametrize(("opener", "closer"), [("[", ",]"), ("{a:", "}"), ("(", ",)")])
    def test_depth_is_limited_as_in_json(self, opener: str, closer: str) -> None:
        read_paste(opener * 64 + "1" + closer * 64)
        with pytest.raises(Unreadable, match="nested too deep: 64"):
            read_paste(opener * 65 + "1" + closer * 65)

    def test_values_are_limited_as_in_json(self) -> None:
        read_paste("[1,2,3,4,]", limits=Limits(max_nodes=5))
        with pytest.raises(Unreadable, match="more than 4 values"):
            read_paste("[1,2,3,4,]", limits=Limits(max_nodes=4))
        with pytest.raises(Unreadable, match="more than 4 values"):
            read_paste('{"a":1} {"a":2} {"a":3}', limits=Limits(max_nodes=4))

    def test_texts_are_limited_as_in_json(self) -> None:
        limits = Limits(max_string_chars=3)
        assert read_paste("['abc']", limits=limits).value == ["abc"]
        for text in ("['abcd']", "['ab' + 'cd']", "{o: JSON.stringify({a:1})}"):
            with pytest.raises(Unreadable, match="longer than 3 characters"):
                read_paste(text, limits=limits)

    def test_bytes_are_limited_before_anything_is_read(self) -> None:
        with pytest.raises(Unreadable, match="larger than 5 bytes"):
            read_paste("[1, 2,]", limits=Limits(max_bytes=5))

    def test_repairs_beyond_twenty_of_a_kind_are_counted(self) -> None:
        listed = repairs(read_paste("[" + "'a'," * 50 + "]"))
        assert listed[:20] == [f"1:{2 + 4 * index} {SINGLE}" for index in range(20)]
        assert listed[20] == f"1:82 {SINGLE[:-1]}, here and 29 times more."
        assert listed[21:] == [f"1:201 {COMMA}"]


class TestEvents:
    @pytest.mark.parametrize(
        ("text", "note"),
        [
            (f"[{WIRE}]", "1:1 Took the event out of its list."),
            (f'[{{"type": "session.update"}}, {WIRE}]', "1:1 Took the event out of its list."),
            ('[{"instructions": "Hi"}]', "1:1 Took the object out of its list."),
            (f'{{"level": "info", "event": {WIRE}}}', "1:1 Took the event out of /event."),
            (f'{{"a/b": [0, {WIRE}]}}', "1:1 Took the event out of /a~1b/1."),
            (json.dumps({"message": WIRE}), "1:1 Took the event out of /message."),
            (json.dumps({"message": f"sent {EVENT}"}), "1:1 Took the event out of /message."),
            (json.dumps({"log": json.dumps({"body": WIRE})}), "1:1 Took the event out of /log."),
            (json.dumps(WIRE), "1:1 Took the event out of text in quotes."),
            (f'\n INFO {{"payload": {WIRE}}}', "2:7 Took the event out of /payload."),
        ],
    )
    def test_an_event_is_taken_out_of_what_holds_it(self, text: str, note: str) -> None:
        reading = read_event(text)
        assert reading.value in (EVENT, {"instructions": "Hi"})
        assert note in repairs(reading)

    @pytest.mark.parametrize(
        "text",
        [
            WIRE,
            '{"instructions": "Hi", "modalities": ["text"]}',
            f'{{"type": "response.create", "event": {WIRE}}}',
            json.dumps({"type": "conversation.item.create", "item": {"text": WIRE}}),
            '{"a": "response.create", "b": "a response.create {"}',
            "{}",
        ],
    )
    def test_an_object_is_left_as_it_is(self, text: str) -> None:
        assert read_event(text) == Reading(json.loads(text))

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("null", "this is null"),
            ("true", "this is true"),
            ("1", "this is a number"),
            ('"x"', "this is text"),
            ("[]", "this is a list of 0"),
            ("[1, 2]", "this is a list of 2"),
            ('[{"a": 1}, {"b": 2}]', "this is a list of 2"),
            (f"[{WIRE}, {WIRE}]", "holds 2 events"),
            (f'{{"a": {WIRE}, "b": {WIRE}}}', "holds 2 events"),
            ('"{a: NaN}"', "NaN is not a number"),
            ('"[1, {]"', "not an event"),
        ],
    )
    def test_anything_but_one_object_is_refused(self, text: str, words: str) -> None:
        with pytest.raises(Unreadable, match=words):
            read_event(text)

    def test_the_right_line_of_a_log_in_json_lines_is_taken(self) -> None:
        lines = [{"level": "debug", "data": {"type": "session.update"}}, {"data": EVENT}, {"a": 1}]
        text = "\n".join(json.dumps(line) for line in lines)
        assert read_paste(text).value == {"data": EVENT}
        assert read_event(text).value == EVENT

    def test_texts_inside_texts_are_looked_into_only_so_often(self) -> None:
        text = json.dumps(["{response.create" for _ in range(20_000)])
        with pytest.raises(Unreadable, match="this is a list of 20000"):
            read_event(text)


PLAIN = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(PLAIN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(PLAIN), inner),
)


@UNHURRIED
@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_json_is_read_without_a_repair(value: JsonValue, indent: int | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    assert read_paste(text) == Reading(value)


@UNHURRIED
@given(JSON)
def test_what_python_shows_is_read(value: JsonValue) -> None:
    assert read_paste(repr(value)).value == value
    assert read_paste(repr((value, value))).value == [value, value]


@UNHURRIED
@given(JSON, st.sampled_from(["; ", " // c", "\n# c", " /* c */", ","]))
def test_the_forgiving_reader_reads_json_as_the_strict_one_does(
    value: JsonValue, tail: str
) -> None:
    reading = read_paste(json.dumps(value) + tail)
    assert reading.value == value
    assert len(reading.repairs) == 1


NAMES = st.from_regex(r"[a-z_$][a-z0-9_$]{0,5}", fullmatch=True)


@st.composite
def javascript(draw: st.DrawFn) -> tuple[JsonValue, str]:
    """Return a value and a way JavaScript may write it."""

    def gap() -> str:
        return draw(st.sampled_from(["", "", " ", "\n", "/* ' */", '// " [\n', "\u00a0"]))

    def quoted(text: str) -> str:
        quote = draw(st.sampled_from("'\"`"))
        written = "".join(
            f"\\{char}" if char in f"{quote}\\$" else char for char in text.replace("$", "")
        )
        return f"{quote}{written}{quote}".replace("\n", "\\n").replace("\r", "\\r")

    def written(value: JsonValue) -> str:
        match value:
            case str():
                return quoted(value)
            case list():
                tail = draw(st.sampled_from(["", ","])) if value else ""
                items = ",".join(gap() + written(item) + gap() for item in value)
                return f"[{items}{tail}{gap()}]"
            case dict():
                tail = draw(st.sampled_from(["", ","])) if value else ""
                members = ",".join(
                    f"{gap()}{name}{gap()}:{gap()}{written(item)}" for name, item in value.items()
                )
                return f"{{{members}{gap()}{tail}}}"
            case _:
                return json.dumps(value)

    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00$"))
    value = draw(
        st.recursive(
            st.none() | st.booleans() | st.integers() | text,
            lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
        )
    )
    return value, gap() + written(value) + gap()


@UNHURRIED
@given(javascript())
def test_what_javascript_writes_is_read(case: tuple[JsonValue, str]) -> None:
    value, text = case
    assert read_paste(text).value == value
    program = f"ws.send(JSON.stringify({{type: 'response.create', response: {text}}}))"
    assert read_event(program).value == {"type": "response.create", "response": value}


@UNHURRIED
@given(JSON)
def test_an_event_in_a_quoted_argument_is_found(value: JsonValue) -> None:
    event = {"type": "response.create", "response": value}
    wire = json.dumps(event)
    assert read_event(f"send({wire!r})").value == event
    assert read_event(f"sent {json.dumps(wire)}!").value == event
    single = wire.replace("'", "'\\''")
    assert read_event(f"websocat -x '{single}'").value == event


FRAGMENTS = [
    *"[]{}(),:;\"'`\\1-+.#/= \n\t\x00\u201c\u201d\u2018\u00a0\ufeff$u",
    *("'''", '"""', "/*", "*/", "//", "\\u", "\\x", "\\u{", "\\ud83d", "0x", "NaN", "None"),
    *("true", "undefined", "a:", '"a":', "'a':", '\\"a\\":', "JSON.stringify(", "b'", "f'", "${"),
    *("response.create", WIRE, "type:'response.create'", "curl '", "'\\''", "```", '""a"":'),
]


@UNHURRIED
@given(st.lists(st.sampled_from(FRAGMENTS)).map("".join) | st.text())
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    for read in (read_paste, read_event):
        for keep_last in (False, True):
            try:
                reading = read(text, keep_last=keep_last)
            except Unreadable as error:
                assert 0 <= error.offset <= len(text)  # noqa: PT017  # either outcome is fine
                assert error.reason  # noqa: PT017
            else:
                json.dumps(reading.value, allow_nan=False).encode()
                if not reading.repairs:
                    assert reading.value == json.loads(text)


@UNHURRIED
@given(st.binary())
def test_any_bytes_are_read_or_refused(source: bytes) -> None:
    try:
        read_event(source)
    except Unreadable as error:
        assert error.reason  # noqa: PT017


def calls_made(read: Callable[[], object]) -> int:
    """Count the calls of functions, of Python and of C, that reading makes."""
    calls = 0

    def count(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read()
    finally:
        sys.setprofile(before)
    return calls


def refused(text: str) -> None:
    with suppress(Unreadable):
        read_event(text)


LOOSE = ["[", "{", "(", '"', "'", "`", "\\", "/*", "//", "[/*", '{"', '{"a":', "[1,", "{'[", '"""[']
LOOSE += ['{\\"', '{\\"a', "'{", '"{""a""', "$'{", "[[1],", "{a:x}", '{a:"', "{a:'b\\"]
LOOSE += ['{"a":1,"a":2}', '"a"+', "JSON.stringify(", "-", "0x", "b'{", "[b'\\xff", "`{`", '\\"{']
LOOSE += ['{"x":"response.create{']
SPACED = [
    "\n$ ",
    "curl '{",
    'curl "{\\"a',
    '{"a":1} ',
    '{"a":NaN} ',
    '"{\\"a\\":1}" ',
    "'{\"a\":1}' ",
]
SPACED += ['["a" ', "[ {", "curl '{'\\", "= '{", WIRE, f"{WIRE}\n"]


@pytest.mark.parametrize("part", LOOSE + SPACED, ids=ascii)
def test_work_grows_no_faster_than_the_text(part: str) -> None:
    small, large = (part * (size // len(part)) for size in (4_000, 16_000))
    assert calls_made(lambda: refused(large)) < 6 * calls_made(lambda: refused(small)) + 2_000


@pytest.mark.parametrize(
    "part", ["[", "{", '"', "[/*", '{\\"', '\\"{', '{"a":1} ', "'{", "{a:'b\\"]
)
def test_a_megabyte_of_anything_ends(part: str) -> None:
    with pytest.raises(Unreadable):
        read_event(part * (1_000_000 // len(part)))
