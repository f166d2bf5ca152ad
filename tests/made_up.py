"""Events that nobody wrote: strategies for values of a form's fields, and for any JSON at all."""

import string

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from webapp.drafts import form_of
from webapp.exact_json.reader import JsonValue
from webapp.exact_json.values import read_number
from webapp.forms.fields import (
    Choice,
    Field,
    Fixed,
    Flag,
    Group,
    Items,
    LongText,
    Media,
    Number,
    Pairs,
    Text,
    Variants,
)

# Events are large, so making one takes longer than hypothesis expects.
_UNHURRIED = settings(deadline=None, suppress_health_check=[*HealthCheck])
thorough = settings(_UNHURRIED, max_examples=150)
brief = settings(_UNHURRIED, max_examples=20)

EVENT = "response.create"
DIALECTS = ("beta", "ga")

_ODD_TEXTS = (
    "",
    " ",
    "7",
    " 7 ",
    "3,5",
    "1e400",
    "nan",
    "１２",  # noqa: RUF001  # digits, but not those of JSON
    "1_000",
    "true",
    "null",
    "inf",
    "auto",
    '{"a": 1}',
    "line\nbreak",
    "\n",
    "\n\nfirst",
    "carriage\rreturn",
    "both\r\n",
    "\ttab",
    "\x0b\x0c\x1b\x7f",
    "\ufeffmark",
    "\ufffe",
    "\u2028\u2029\x85",
    "e\u0301 \u00e9",
    "\u202eRTL\u202c",
    "👩‍👩‍👧",
    "</script><textarea>&lt;&amp;",
    "'\"`",
    "{{7*7}}{% raw %}",
    "a" * 1_500,
)
_ODD_NAMES = (
    "a.b",
    "x@",
    "@order",
    "+k1",
    "k1",
    "__proto__",
    "constructor",
    "type",
    "name",
    "text",
    "~0/~1",
    "-",
    "0",
    *_ODD_TEXTS[:-1],
)
_LITERALS = (
    "0",
    "-0",
    "-0.0",
    "1.0",
    "1E2",
    "1e-400",
    "0.1000000000000000055",
    "9007199254740993",
    "1" + "0" * 300,
    "-" + "9" * 3_999,
    "12345678901234567890.5",
)

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.sampled_from(_ODD_TEXTS) | st.text(characters, max_size=20)
names = st.sampled_from(_ODD_NAMES) | st.text(characters, max_size=8)
numbers = st.one_of(
    st.sampled_from(_LITERALS),
    st.integers().map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
).map(read_number)
scalars = st.none() | st.booleans() | numbers | texts
any_json: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def nested(depth: int) -> JsonValue:
    """Return lists and objects in turn, one in the other."""
    value: JsonValue = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


def values_of(field: Field, *, wrong: bool = False) -> st.SearchStrategy[JsonValue]:
    """Values that fit a field; with ``wrong`` also such as do not, at any depth."""
    fitting = st.deferred(lambda: _fitting(field, wrong=wrong))
    choices = [fitting, fitting, fitting]
    if field.nullable:
        choices.append(st.none())
    if wrong:
        choices += [any_json, st.integers(0, 40).map(nested)]
    return st.one_of(choices)


def _fitting(field: Field, *, wrong: bool) -> st.SearchStrategy[JsonValue]:
    match field:
        case Group():
            return _objects(field, wrong=wrong)
        case Items():
            return st.lists(values_of(field.item, wrong=wrong), max_size=3)
        case Pairs():
            return st.dictionaries(names, values_of(field.value, wrong=wrong), max_size=3)
        case Variants():
            return st.one_of([values_of(one.field, wrong=wrong) for one in field.variants])
        case Fixed():
            return st.just(field.value)
        case Choice():
            return st.sampled_from(field.options)
        case Flag():
            return st.booleans()
        case Number():
            return st.one_of(numbers, st.sampled_from(field.words or ("1",)).map(_number_or_word))
        case Media():
            return st.text(string.ascii_letters + string.digits + "+/", max_size=24).map(
                lambda core: core * 100 if len(core) > 12 else core
            )
        case Text() | LongText():
            return texts
        case _:
            return any_json


def _number_or_word(text: str) -> JsonValue:
    return int(text) if text.isdigit() else text


@st.composite
def _objects(draw: st.DrawFn, field: Group, *, wrong: bool) -> JsonValue:
    members: dict[str, JsonValue] = {}
    for name, below in field.members.items():
        if below.required or draw(st.integers(0, 3)) == 0:
            members[name] = draw(values_of(below, wrong=wrong))
    if wrong and draw(st.integers(0, 3)) == 0:
        members |= draw(st.dictionaries(names, any_json, max_size=3))
    if draw(st.integers(0, 4)) == 0:
        order = draw(st.permutations(list(members)))
        members = {name: members[name] for name in order}
    return members


def events(dialect: str, *, wrong: bool = False) -> st.SearchStrategy[dict[str, JsonValue]]:
    """Whole events of a dialect; with ``wrong`` anything may stand in them."""
    return _objects(form_of(dialect, EVENT), wrong=wrong)  # type: ignore[return-value]


def any_events(dialect: str) -> st.SearchStrategy[dict[str, JsonValue]]:
    """Events that fit the model, that nearly do, and objects of anything."""
    free = st.fixed_dictionaries(
        {"type": st.just(EVENT)}, optional={"response": st.dictionaries(names, any_json)}
    )
    loose = st.dictionaries(names, any_json, max_size=5)
    return st.one_of(events(dialect), events(dialect, wrong=True), free, loose)
