"""Finds the values that stand in a text among other things: log lines, commands, program code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.exact_json.values import JsonValue, Limits
from webapp.paste.literal_text import Pieces, Source, Stop
from webapp.paste.literals import Literals


@dataclass(frozen=True, slots=True)
class Document:
    """An object or array found in the pasted text, from ``start`` up to ``end``."""

    value: JsonValue
    start: int
    end: int
    repairs: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Damaged:
    """A part of the pasted text that is an object but cannot be read."""

    start: int
    end: int
    stop: Stop


_OPENER = re.compile(r"[\[{]")
# What an object or a list of objects may begin with, told apart from brackets in prose or code
# before anything is read: a name and a colon, an empty object, or something to look behind.
_PLAUSIBLE = re.compile(
    r"""(?:\[(?:\s|\\[nrt])*+)?\{(?:\s|\\[nrt])*+(?:
        [bBrRuU]{0,2}(?:
            "(?:[^"\\]|\\.){1,200}+(?:(?!")|"\s*+[:/\#\x80-\uffff])
          | '(?:[^'\\]|\\.){0,200}+(?:(?!')|'\s*+[:/\#\x80-\uffff])
          | `(?:[^`\\]|\\.){0,200}+(?:(?!`)|`\s*+[:/\#\x80-\uffff])
        )
      | [\w$]++\s*+[:/\#\x80-\uffff]
      | ""  # an empty name, or quotes written twice
      | \\+"
      | [}/\#\x80-\uffff]
    )""",
    re.VERBOSE | re.DOTALL,
)
_BRACKETS = re.compile(
    r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
    r"|'(?:[^'\\]++|\\.)*+(?:'|\\?\Z)"
    r"|`(?:[^`\\]++|\\.)*+(?:`|\\?\Z)"
    r"|[\[{(]|[\]})]",
    re.DOTALL,
)
_ESCAPED_OPENER = re.compile(r'[\[{](?:\s|\\[nrt])*+\\+"')
_DOUBLED_OPENER = re.compile(r'[\[{]\s*+""[^"]')
_TEXT_PREFIX = re.compile(r"(?<!\w)[bBrRuUfF]{1,2}\Z")
_COMMAND = re.compile(
    r"(?<![\w./-])(?:curl|websocat|wscat|echo|printf|http|xh)\s|(?:\A|\n)[ \t]*+\$ "
)
_SHELL_BREAK = re.compile(r"[\s;|&<>()]")
_SHELL_PLAIN = re.compile(r"[^\s;|&<>()'\"\\$]++|\$(?!')")
_SHELL_ESCAPE = re.compile(r'\\(["\\$`\n])', re.DOTALL)
_SHELL_DOUBLE = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SHELL_SINGLE = re.compile(r"'[^']*+'")
_DOUBLED_TEXT = re.compile(r'"(?:[^"]++|"")*+"')

_DOCUMENTS = 5_000
_COST_OF_A_TRY = 100
_COST_OF_AN_ESCAPE = 8
_BUDGET_PER_CHARACTER = 4
_BUDGET = 8_000_000
_LAYERS = 3


class Search:
    """One pass over a pasted text that reads every object and array it can.

    Work is bounded by a multiple of the text's length: attempts that fail are paid from a budget.

    Raises:
        Stop: from ``run``, when the text holds more values or loose brackets than allowed.
    """

    def __init__(self, text: str, *, limits: Limits, keep_last: bool) -> None:
        self.source = Source(text)
        self.text = text
        self.limits = limits
        self.keep_last = keep_last
        self.nodes = 0
        self.budget = min(_BUDGET_PER_CHARACTER * len(text) + 10_000, _BUDGET)
        self.documents: list[Document] = []
        self.damaged: list[Damaged] = []
        self.furthest: Stop | None = None
        command = _COMMAND.search(text)
        self.command_at = command.start() if command else len(text)
        self.shell_quotes = "'\\''" in text or "'\"'\"'" in text

    def run(self) -> None:
        at = 0
        while match := _PLAUSIBLE.search(self.text, at):
            if self.budget < 0 or len(self.documents) + len(self.damaged) >= _DOCUMENTS:
                reason = "There is too much before this to find an event in it."
                raise Stop(match.start(), reason, "Paste the event alone.")
            at = self.read(match.start())

    def read(self, start: int) -> int:
        """Read what opens here if it can be read, and return where to go on."""
        try:
            document = self.document(start)
        except Stop as stop:
            if self.nodes > self.limits.max_nodes:
                raise
            if stop.named:
                end = self.behind(start)
                self.damaged.append(Damaged(start, end, stop))
                return end
            if self.furthest is None or stop.offset > self.furthest.offset:
                self.furthest = stop
            return start + 1
        self.documents.append(document)
        return document.end

    def document(self, start: int) -> Document:
        """Return what opens here, out of its quotes if it stands in some, else as it stands."""
        failure: Stop | None = None
        for begin, end, hidden in self.hidden(start):
            try:
                value, repairs = self.whole(hidden)
                return Document(value, begin, end, repairs)
            except Stop as stop:
                failure = failure or stop
        if self.is_escaped(self.source, start):
            return self.escaped(self.source, start)
        try:
            return self.bare(self.source, start)
        except Stop as stop:
            raise failure if failure and failure.named else stop from None

    def bare(self, source: Source, start: int) -> Document:
        reader = self.reader(source, start)
        try:
            value = reader.defined(reader.term())
        except Stop:
            self.pay(reader, start)
            raise
        self.nodes = reader.nodes
        end = source.origin(reader.at)
        return Document(value, source.origin(start), end, tuple(reader.repairs))

    def whole(
        self, source: Source, layer: int = 1
    ) -> tuple[JsonValue, tuple[tuple[int, str], ...]]:
        """Return the one value of a text that was in quotes."""
        opener = _OPENER.search(source.text)
        if opener and layer < _LAYERS and self.is_escaped(source, opener.start()):
            document = self.escaped(source, opener.start(), layer + 1)
            return document.value, document.repairs
        reader = self.reader(source, 0)
        try:
            value = reader.document()
        except Stop:
            self.pay(reader, 0)
            raise
        self.nodes = reader.nodes
        note = (source.origin(0), "Took the event out of its quotes.")
        return value, (note, *reader.repairs)

    def is_escaped(self, source: Source, start: int) -> bool:
        return bool(_ESCAPED_OPENER.match(source.text, start))

    def escaped(self, source: Source, start: int, layer: int = 1) -> Document:
        """Return a document whose every quote has a backslash before it."""
        reader = self.reader(source, start)
        try:
            hidden = source.unquoted(reader.escaped())
            if layer < _LAYERS and self.is_escaped(hidden, 0):
                found = self.escaped(hidden, 0, layer + 1)
            else:
                found = self.bare(hidden, 0)
        except Stop:
            self.budget -= _COST_OF_AN_ESCAPE * (reader.at - start)
            raise
        finally:
            self.pay(reader, start)
        note = (source.origin(start), "Removed a layer of backslashes.")
        return Document(found.value, found.start, found.end, (note, *found.repairs))

    def reader(self, source: Source, start: int) -> Literals:
        return Literals(
            source, start, limits=self.limits, keep_last=self.keep_last, nodes=self.nodes
        )

    def pay(self, reader: Literals, start: int) -> None:
        """Take an attempt that may be in vain out of the budget."""
        self.budget -= reader.at - start + _COST_OF_A_TRY
        if reader.named or reader.nodes > self.limits.max_nodes:
            self.nodes = reader.nodes

    def behind(self, start: int) -> int:
        """Return where the bracket that opens here is closed, as far as that can be told."""
        depth = 0
        for match in _BRACKETS.finditer(self.text, start):
            if match.group() in "[{(":
                depth += 1
            elif match.group() in "]})":
                depth -= 1
                if depth == 0:
                    return match.end()
        return len(self.text)

    # -- quotes around a document ------------------------------------------------------------------

    def hidden(self, start: int) -> Iterator[tuple[int, int, Source]]:
        """Yield begin, end and content of the text in quotes that this opener may begin."""
        quote = self.quote_before(start)
        if quote < 0:
            return
        if _DOUBLED_OPENER.match(self.text, start) and self.text[quote] == '"':
            yield from self.doubled(quote)
        if self.is_shell(quote):
            yield from self.shell_word(quote)
        if self.text[quote] != "`" or self.is_code(quote):
            yield from self.literal(quote)

    def quote_before(self, start: int) -> int:
        """Return where the quote right before an opener stands, blanks apart, or -1."""
        nearby = self.text[max(0, start - 200) : start].rstrip()
        if not nearby or nearby[-1] not in "'\"`":
            return -1
        return max(0, start - 200) + len(nearby) - 1

    def is_code(self, quote: int) -> bool:
        """Tell whether a quote stands where only program code has one."""
        before = self.text[max(0, quote - 200) : quote]
        ahead = before.rstrip()
        return ahead[-1:] in ("(", ",", ":", "[", "+") or (ahead[-1:] == "=" and before != ahead)

    def is_shell(self, quote: int) -> bool:
        if self.text[quote] == "'" and self.shell_quotes:
            return True
        return self.command_at < quote and self.text[quote] != "`" and not self.is_code(quote)

    def literal(self, quote: int) -> Iterator[tuple[int, int, Source]]:
        """Read the quotes as a program would, or a shell after a dollar sign."""
        prefix = _TEXT_PREFIX.search(self.text[max(0, quote - 3) : quote])
        begin = quote - (len(prefix.group()) if prefix else 0)
        reader = self.reader(self.source, begin)
        try:
            pieces = reader.pieces()
        except Stop:
            return
        finally:
            self.pay(reader, begin)
        yield begin, reader.at, self.source.unquoted(pieces)

    def shell_word(self, quote: int) -> Iterator[tuple[int, int, Source]]:
        """Read the quotes as a shell would: pieces of several kinds up to a blank."""
        if self.text[quote - 1 : quote] == "$":
            return
        pieces: Pieces = []
        at = quote
        while at < len(self.text) and not _SHELL_BREAK.match(self.text, at):
            end = self.shell_piece(at, pieces)
            if end < 0:
                self.budget -= len(self.text) - quote
                return
            at = end
        self.budget -= at - quote
        yield quote, at, self.source.unquoted(pieces)

    def shell_piece(self, at: int, pieces: Pieces) -> int:
        """Read one piece of a shell word and return where it ends, or -1 when it never does."""
        text = self.text
        if match := _SHELL_PLAIN.match(text, at):
            pieces.append((at, match.group()))
        elif match := _SHELL_SINGLE.match(text, at):
            pieces.append((at + 1, match.group()[1:-1]))
        elif match := _SHELL_DOUBLE.match(text, at):
            pieces.extend(_unescaped(text, at + 1, match.end() - 1))
        elif text[at] == "\\":
            pieces.append((at + 1, text[at + 1 : at + 2].replace("\n", "")))
            return at + 2
        return match.end() if match else -1

    def doubled(self, quote: int) -> Iterator[tuple[int, int, Source]]:
        """Read quotes that are written twice inside quotes, as in comma-separated tables."""
        match = _DOUBLED_TEXT.match(self.text, quote)
        self.budget -= (match.end() if match else len(self.text)) - quote
        if not match:
            return
        pieces: Pieces = []
        at = quote + 1
        for part in match.group()[1:-1].split('""'):
            pieces += [(at, part), (at + len(part), '"')]
            at += len(part) + 2
        yield quote, match.end(), self.source.unquoted(pieces[:-1])


def _unescaped(text: str, start: int, end: int) -> Pieces:
    """Return what stands between a shell's double quotes."""
    pieces: Pieces = []
    at = start
    for match in _SHELL_ESCAPE.finditer(text, start, end):
        pieces.append((at, text[at : match.start()]))
        pieces.append((match.start(), match.group(1).replace("\n", "")))
        at = match.end()
    return [*pieces, (at, text[at:end])]
