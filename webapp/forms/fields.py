"""The kinds of field: what a form can ask, described without saying how it looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from webapp.forms.media_labels import ENCODINGS, Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question of a form.

    ``absent`` says in a few words what the server does while the member is not there;
    ``secret`` asks the page to mask the value.
    """

    kind: ClassVar[str]
    title: str = ""
    help: str = ""
    absent: str = ""
    required: bool = False
    wanted: bool = False  # optional, yet of little use without it: there when its group is added
    nullable: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """One line of text; ``suggestions`` are known values, any other is fine too."""

    kind: ClassVar[str] = "text"
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LongText(Field):
    """Several lines of text."""

    kind: ClassVar[str] = "long_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A number kept as typed; ``words`` are texts that are as good as one, such as ``inf``."""

    kind: ClassVar[str] = "number"
    integer: bool = False
    minimum: float | None = None
    maximum: float | None = None
    words: tuple[str, ...] = ()
    initial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of a few texts."""

    kind: ClassVar[str] = "choice"
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Field):
    """True or false; absence is the third state."""

    kind: ClassVar[str] = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Field):
    """A member that has one value; where it is needed it is there unless it was taken out."""

    kind: ClassVar[str] = "fixed"
    value: str

    @property
    def implied(self) -> bool:
        """Whether the member is there without an input that says so."""
        return self.required or self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Json(Field):
    """Any JSON, edited as text; ``rows``: a JSON Schema whose members are also shown as rows."""

    kind: ClassVar[str] = "json"
    initial: str = ""
    rows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra(Field):
    """A member the model does not know: its name and its JSON."""

    kind: ClassVar[str] = "extra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media(Field):
    """Sound or a picture as a long base64 string; ``media`` is ``audio`` or ``image``."""

    kind: ClassVar[str] = "media"
    media: str

    @property
    def encodings(self) -> tuple[Encoding, ...]:
        """How a sound may be written."""
        return ENCODINGS if self.media == "audio" else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs(Field):
    """A map from free names to values of one field."""

    kind: ClassVar[str] = "pairs"
    value: Field
    noun: str = "entry"
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Field):
    """An object with known members, in the order they are written."""

    kind: ClassVar[str] = "group"
    members: Mapping[str, Field] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Items(Field):
    """A list of values of one field; ``empty`` says what an empty list means."""

    kind: ClassVar[str] = "items"
    item: Field
    noun: str = "item"
    empty: str = ""

    @property
    def of_objects(self) -> bool:
        """Whether each item is worth a block of the preview."""
        return isinstance(self.item, (Group, Variants))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to fill a ``Variants`` field."""

    key: str
    label: str
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants(Field):
    """A union: the variant is picked, stored, and never guessed again while typing."""

    kind: ClassVar[str] = "variants"
    variants: tuple[Variant, ...]

    def named(self, key: str) -> Variant | None:
        """Return the variant with this key, or None."""
        return next((variant for variant in self.variants if variant.key == key), None)

    def picked(self, key: str) -> Variant:
        """Return the variant with this key.

        Raises:
            KeyError: if there is none.
        """
        variant = self.named(key)
        if variant is None:
            raise KeyError(key)
        return variant


# Every kind there is: the templates and the tests iterate this.
KINDS: tuple[type[Field], ...] = (
    Text,
    LongText,
    Number,
    Choice,
    Flag,
    Fixed,
    Json,
    Extra,
    Media,
    Pairs,
    Group,
    Items,
    Variants,
)

EXTRA = Extra(title="Member the model does not know")
