"""A draft is what was typed, its wire text, and its problems; a part is one block of it alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases_on_disk import Case, all_cases
from tests.made_up import DIALECTS, EVENT, any_events, thorough
from webapp.drafts import CONTROLS, Draft, Part, form_of, typing_problems
from webapp.events import EVENTS
from webapp.exact_json.reader import JsonValue, read_json
from webapp.exact_json.writer import write
from webapp.forms.branches import BadSubmission
from webapp.forms.problems import Severity
from webapp.forms.questions import at_pointer
from webapp.forms.submission import flatten
from webapp.wire_text import text_of

Inputs = list[tuple[str, str]]
TOKEN = f"{'0' * 64}.4096.audio/pcm_3072"

events = st.sampled_from(DIALECTS).flatmap(lambda one: st.tuples(st.just(one), any_events(one)))


def drafted(value: JsonValue, dialect: str = "beta") -> Draft:
    return Draft.from_value(dialect, EVENT, value)


def read(*inputs: tuple[str, str]) -> Draft:
    return Draft.read("beta", EVENT, inputs)


def sent(draft: Draft) -> str:
    return draft.wire_text({}.get)


def problems(draft: Draft) -> list[tuple[str, str]]:
    return [(problem.at, problem.code) for problem in draft.problems]


def typing(draft: Draft) -> list[tuple[str, str]]:
    return [(problem.at, problem.code) for problem in typing_problems(draft.root, "")]


# -- the draft -------------------------------------------------------------------------------------


def test_the_empty_draft_is_the_bare_event() -> None:
    draft = Draft.empty("beta", EVENT)
    assert sent(draft) == '{\n  "type": "response.create"\n}'
    assert draft.value == {"type": EVENT}
    assert draft.problems == ()
    assert draft.errors == 0
    assert draft.event_type is EVENTS["beta", EVENT]


def test_a_form_is_derived_once() -> None:
    assert form_of("beta", EVENT) is form_of("beta", EVENT)
    assert drafted({}).form is form_of("beta", EVENT)
    with pytest.raises(KeyError):
        form_of("beta", "no.such.event")


def test_inputs_about_the_page_are_not_about_the_event() -> None:
    inputs = [(name, "x") for name in sorted(CONTROLS)]
    assert read(*inputs, *inputs).root == Draft.empty("beta", EVENT).root
    assert CONTROLS.isdisjoint(form_of("beta", EVENT).members)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ([], '{\n  "type": "response.create"\n}'),
        ([("style", "pretty")], '{\n  "type": "response.create"\n}'),
        ([("style", "other")], '{\n  "type": "response.create"\n}'),
        ([("style", "compact")], '{"type":"response.create"}'),
    ],
)
def test_the_text_is_pretty_or_compact(inputs: Inputs, text: str) -> None:
    assert sent(read(*inputs)) == text


def test_a_pressed_button_gives_another_draft_of_the_same_kind() -> None:
    before = Draft.read("ga", EVENT, [("style", "compact")])
    after, edited = before.pressed("set:response.instructions")
    assert (after.dialect, after.type, after.compact) == ("ga", EVENT, True)
    assert edited.focus == "response.instructions"
    assert sent(after) == '{"type":"response.create","response":{"instructions":""}}'
    assert sent(before) == '{"type":"response.create"}'


def test_a_strange_form_is_refused() -> None:
    with pytest.raises(BadSubmission):
        read(("evil", "1"))


def test_stored_media_are_kept_by_what_keeps_them_and_whole_on_the_wire() -> None:
    sound = "A" * 2_000
    part: JsonValue = {"type": "input_audio", "audio": sound}
    event: JsonValue = {
        "type": EVENT,
        "response": {"input": [{"type": "message", "role": "user", "content": [part]}]},
    }
    draft = Draft.from_value("beta", EVENT, event, lambda media, text: TOKEN)
    assert draft.wire_text({TOKEN: sound}.get) == write(event)
    shown = text_of(line for block in draft.blocks for line in block.lines)
    assert sound not in shown
    assert "KB" in shown or "B" in shown


def test_media_that_are_gone_are_a_problem_where_they_stood() -> None:
    inputs = [
        ("response@", "group"),
        ("response.tools@", "list"),
        ("response.input@", "list"),
        ("response.input.k1@", "user_message"),
        ("response.input.k1.content@", "list"),
        ("response.input.k1.content.k1@", "audio"),
        ("response.input.k1.content.k1.audio@", "stored"),
        ("response.input.k1.content.k1.audio", TOKEN),
    ]
    at = "/response/input/0/content/0/audio"
    gone = Draft.read("beta", EVENT, inputs, lambda token: False)
    assert (at, "media_gone") in problems(gone)
    assert (at, "media_gone") not in problems(Draft.read("beta", EVENT, inputs, lambda token: True))
    name = "response.input.k1"
    own = [pair for pair in inputs if pair[0].startswith(name)]
    part = Part.read("beta", EVENT, name, own, comma=False, has=lambda token: False)
    assert ("/content/0/audio", "media_gone") in [(p.at, p.code) for p in part.problems]


# -- problems with the typing ----------------------------------------------------------------------


def test_half_typed_json_is_one_problem_with_line_and_column() -> None:
    draft = read(("response@", "json"), ("response", '{\n  "a": b}'))
    [problem] = draft.problems
    assert problem.at == "/response"
    assert problem.severity is Severity.ERROR
    assert "line 2, column 8" in problem.message
    assert draft.errors == 1
    assert draft.value == {"type": EVENT, "response": '{\n  "a": b}'}


METADATA: Inputs = [("response@", "group"), ("response.metadata@", "map")]


def pairs(*names: str) -> Inputs:
    return METADATA + [
        pair
        for place, name in enumerate(names, start=1)
        for pair in (
            (f"response.metadata.k{place}@name", name),
            (f"response.metadata.k{place}", "v"),
        )
    ]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a", "b"], []),
        (["a", "a"], [("/response/metadata/a", "repeated_name")]),
        (
            ["a", "b", "a", "a", "b"],
            [
                ("/response/metadata/a", "repeated_name"),
                ("/response/metadata/b", "repeated_name"),
            ],
        ),
        ([""], [("/response/metadata/", "empty_name")]),
        (["", ""], [("/response/metadata/", "empty_name")]),
        (["~/", "~/"], [("/response/metadata/~0~1", "repeated_name")]),
    ],
)
def test_equal_and_empty_names_are_one_problem_each(
    names: list[str], found: list[tuple[str, str]]
) -> None:
    assert typing(read(*pairs(*names))) == found
    assert read(*pairs(*names)).problems[: len(found)] == tuple(
        typing_problems(read(*pairs(*names)).root, "")
    )


def test_how_often_a_name_stands_there_is_said() -> None:
    [twice] = typing_problems(read(*pairs("a", "a")).root, "")
    assert twice.message == "“a” stands here twice; most servers keep the last one."
    [often] = typing_problems(read(*pairs("a" * 50, *["a" * 50] * 2)).root, "")
    assert often.message.startswith(f"“{'a' * 39}…” stands here 3 times")


def test_an_unknown_member_with_the_name_of_a_known_one_is_a_problem() -> None:
    inputs = [("response@", "group"), ("response.instructions", "a"),
              ("response.+k1@name", "instructions"), ("response.+k1", '"b"')]  # fmt: skip
    assert typing(read(*inputs)) == [("/response/instructions", "repeated_name")]


def test_one_fault_is_one_problem() -> None:
    draft = read(
        ("response@", "group"),
        ("response.tools@", "json"),
        ("response.tools", "[half"),
        ("response.temperature", "3,5"),
        ("response.+k1@name", "new"),
        ("response.+k1", "{half"),
        ("response.instructions@", "null"),
    )
    found = problems(draft)
    assert len({at for at, _ in found}) == len(found) == 4


@pytest.mark.parametrize("text", ["3,5", "1e400", "１２", "1_000", "nan", "", "0x10", "-Infinity"])  # noqa: RUF001
def test_a_number_that_is_none_is_sent_as_text_and_flagged(text: str) -> None:
    draft = read(("response@", "group"), ("response.temperature", text))
    assert draft.value["response"] == {"temperature": text}  # type: ignore[index, call-overload]
    [(at, _)] = problems(draft)
    assert at == "/response/temperature"


def test_a_number_with_blanks_around_it_is_the_number() -> None:
    draft = read(("response@", "group"), ("response.temperature", " 0.70 "))
    assert sent(draft).endswith('"temperature": 0.70\n  }\n}')
    assert problems(draft) == []


@given(events)
@thorough
def test_every_problem_has_a_place_in_the_text_and_one_fault_is_one_problem(
    made_up: tuple[str, JsonValue],
) -> None:
    dialect, event = made_up
    draft = drafted(event, dialect)
    found = [(problem.at, problem.message) for problem in draft.problems]
    assert len(set(found)) == len(found)
    for problem in draft.problems:
        assert problem.message
        assert problem.at == "" or problem.at.startswith("/")
        assert at_pointer(draft.asked, problem.at).has_row or problem.at.count("/") < 2


# -- where a problem is shown ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        ("", ""),
        ("/type", "type"),
        ("/event_id", "event_id"),
        ("/response", "response"),
        ("/response/instructions", "response.instructions"),
        ("/response/prompt/id", "response.prompt.id"),
        ("/response/metadata/a", "response.metadata.k1"),
        ("/response/metadata/b", "response.metadata"),
        ("/response/input/0", "response.input.k1"),
        ("/response/input/0/id", "response.input.k1"),
        ("/response/input/0/type", "response.input.k1"),
        ("/response/input/0/content/0/text", "response.input.k1.content.k1.text"),
        ("/response/input/0/content/0/text/x", "response.input.k1.content.k1.text"),
        ("/response/input/0/content/0/transcript", "response.input.k1.content.k1"),
        ("/response/input/1", "response.input"),
        ("/response/input/-", "response.input"),
        ("/response/tools/0/name", "response.tools.k1"),
        ("/response/tools/0/parameters/properties/x", "response.tools.k1.parameters"),
        ("/response/a~1b~0/x", "response.+k5"),
        ("/evil", ""),
        ("/response/evil", "response"),
    ],
)
def test_a_pointer_leads_to_the_nearest_question_on_the_page(pointer: str, name: str) -> None:
    draft = drafted(
        {
            "type": EVENT,
            "response": {
                "metadata": {"a": ""},
                "prompt": {"version": "1"},
                "tools": [{"type": "function", "parameters": {}}],
                "input": [
                    {
                        "type": "message",
                        "role": "user",
                        "content": [{"type": "input_text", "text": ""}],
                    }
                ],
                "a/b~": {"x": 1},
            },
        }
    )
    assert at_pointer(draft.asked, pointer).name == name


def test_of_equal_names_the_last_one_is_meant() -> None:
    draft = read(*pairs("a", "b", "a"))
    assert at_pointer(draft.asked, "/response/metadata/a").name == "response.metadata.k3"


@pytest.mark.parametrize("case", [case for case in all_cases() if not case.valid], ids=str)
def test_an_invalid_case_has_a_problem_at_its_place(case: Case) -> None:
    draft = drafted(read_json(case.text), case.dialect)
    assert {problem.at for problem in draft.problems} & set(case.error_at)
    assert sent(draft) == write(read_json(case.text))


# -- one block alone -------------------------------------------------------------------------------


def own_inputs(draft: Draft, name: str) -> Inputs:
    inputs = flatten(draft.form, draft.root, "")
    return [pair for pair in inputs if re.match(rf"{re.escape(name)}([.@]|$)", pair[0])]


@given(events)
@thorough
def test_a_part_is_the_block_of_the_whole(made_up: tuple[str, JsonValue]) -> None:
    dialect, event = made_up
    draft = drafted(event, dialect)
    for block in draft.blocks:
        if "@" in block.name:
            continue
        inputs = [("shown", "x"), ("style", "pretty"), *own_inputs(draft, block.name)]
        part = Part.read(dialect, EVENT, block.name, inputs, comma=block.followed)
        assert part.block.lines == block.lines
        lines = {line.pointer for line in block.lines}
        for problem in part.problems:
            assert problem.at == "" or problem.at.rpartition("/")[0] in lines or problem.at in lines


def test_the_problems_of_a_part_start_at_it() -> None:
    item: JsonValue = {"type": "message", "role": "user", "content": [{"type": "input_text"}]}
    draft = drafted({"type": EVENT, "response": {"input": [{"type": "item_reference"}, item]}})
    inputs = own_inputs(draft, "response.input.k2")
    part = Part.read("beta", EVENT, "response.input.k2", inputs, comma=False)
    assert part.value == item
    whole = [p for p in draft.problems if p.at.startswith("/response/input/1")]
    assert [(p.at, p.severity) for p in part.problems] == [
        (p.at.removeprefix("/response/input/1"), p.severity) for p in whole
    ]
    assert whole


def test_a_part_takes_only_its_own_inputs() -> None:
    with pytest.raises(BadSubmission):
        Part.read("beta", EVENT, "response.instructions", [("response.voice", "")], comma=False)


@pytest.mark.parametrize("name", ["", "evil", "response.input.1", "response.tools.<b>", "@open"])
def test_there_is_no_part_by_another_name(name: str) -> None:
    with pytest.raises(KeyError):
        Part.read("beta", EVENT, name, [], comma=False)
