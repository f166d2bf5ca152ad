"""Words as a row of speech sounds, by a few rules of English spelling."""

import re
import unicodedata
from collections.abc import Iterator

# What common words sound like where the rules would be wrong.
_KNOWN = {
    "a": "AX", "are": "AA R", "be": "B IY", "come": "K AH M", "do": "D UW", "does": "D AH Z",
    "done": "D AH N", "from": "F R AH M", "give": "G IH V", "have": "HH AE V", "he": "HH IY",
    "i": "AY", "is": "IH Z", "as": "AE Z", "his": "HH IH Z", "me": "M IY", "my": "M AY",
    "no": "N OW", "of": "AH V", "one": "W AH N", "or": "AO R", "read": "R EH D", "said": "S EH D",
    "says": "S EH Z", "she": "SH IY", "so": "S OW", "some": "S AH M", "the": "DH AX",
    "there": "DH EH R", "they": "DH EY", "this": "DH IH S", "that": "DH AE T", "to": "T UW",
    "two": "T UW", "was": "W AH Z", "we": "W IY", "were": "W ER", "what": "W AH T",
    "who": "HH UW", "with": "W IH DH", "word": "W ER D", "you": "Y UW", "your": "Y AO R",
    "0": "Z IY R OW", "1": "W AH N", "2": "T UW", "3": "TH R IY", "4": "F AO R", "5": "F AY V",
    "6": "S IH K S", "7": "S EH V AX N", "8": "EY T", "9": "N AY N",
}  # fmt: skip

# Spellings and their sounds; the first that fits wins. ``$`` is the end of the word.
_RULES = [
    ("tion", "SH AX N"), ("sion", "ZH AX N"), ("ought", "AO T"), ("ough", "OW"), ("eigh", "EY"),
    ("aught", "AO T"), ("igh", "AY"), ("tch", "CH"), ("dge", "JH"), ("sch", "S K"), ("eau", "OW"),
    ("ear", "IY R"), ("air", "EH R"), ("oor", "AO R"), ("our", "AW R"), ("ure", "Y ER"),
    ("le$", "AX L"), ("re$", "ER"), ("ed$", "D"), ("es$", "IH Z"), ("ly$", "L IY"), ("y$", "IY"),
    ("th", "TH"), ("sh", "SH"), ("ch", "CH"), ("ph", "F"), ("wh", "W"), ("wr", "R"), ("kn", "N"),
    ("ck", "K"), ("ng", "NG"), ("qu", "K W"), ("gh", "G"), ("x", "K S"), ("ee", "IY"),
    ("ea", "IY"), ("oo", "UW"), ("ou", "AW"), ("ow", "AW"), ("oa", "OW"), ("oi", "OY"),
    ("oy", "OY"), ("ai", "EY"), ("ay", "EY"), ("au", "AO"), ("aw", "AO"), ("ei", "EY"),
    ("ey", "IY"), ("ie", "IY"), ("ue", "UW"), ("ew", "Y UW"), ("er", "ER"), ("ir", "ER"),
    ("ur", "ER"), ("ar", "AA R"), ("or", "AO R"), ("al", "AO L"), ("ce", "S"), ("ci", "S IH"),
    ("cy", "S IY"), ("ge", "JH EH"), ("e$", ""), ("a$", "AX"), ("o$", "OW"), ("a", "AE"),
    ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"), ("f", "F"), ("g", "G"), ("h", "HH"),
    ("i", "IH"), ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N"), ("o", "AA"),
    ("p", "P"), ("q", "K"), ("r", "R"), ("s", "S"), ("t", "T"), ("u", "AH"), ("v", "V"),
    ("w", "W"), ("y", "Y"), ("z", "Z"),
]  # fmt: skip

_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}
_MAGIC_E = re.compile(r"([aeiou])([bdfgklmnpstvz])e$")
_DOUBLED = re.compile(r"([bcdfgjklmnpqrstvwxz])\1")
_FOREIGN_ONSETS = ("K", "M", "T", "N", "S", "R", "L", "D")
_FOREIGN_VOWELS = ("AA", "IY", "UW", "EH", "OW")
_APOSTROPHES = re.compile("['\u2019]")
_WORDS = re.compile(r"[a-z]+|[0-9]|[^\W\d_a-z]")


def phones(text: str) -> list[str]:
    """Return the sounds of a text, named as in the ARPABET."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.lower()))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [phone for word in _WORDS.findall(letters) for phone in _word(word)]


def _word(word: str) -> list[str]:
    if word in _KNOWN:
        return _KNOWN[word].split()
    if not word.isascii():
        return _syllable(ord(word[0]))
    if found := _MAGIC_E.search(word):
        tail = [_LONG[found[1]], *_spelled(found[2], is_end=False)]
        return [*_spelled(word[: found.start()], is_end=False), *tail]
    return _spelled(_DOUBLED.sub(r"\1", word), is_end=True) or ["AX"]


def _spelled(letters: str, *, is_end: bool) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(letters):
        # Every letter has a rule of its own, so there is always one that fits.
        core, sounds = next(_rules_at(letters, place, is_end=is_end))
        found += sounds.split()
        place += len(core)
    return found


def _rules_at(letters: str, place: int, *, is_end: bool) -> Iterator[tuple[str, str]]:
    """Yield the spellings found at a place, without their end marks, and their sounds."""
    for spelling, sounds in _RULES:
        core = spelling.removesuffix("$")
        ends = is_end and 0 < place == len(letters) - len(core)
        if letters.startswith(core, place) and (core == spelling or ends):
            yield core, sounds


def _syllable(code: int) -> list[str]:
    """Return a syllable for a sign of another script: always the same for the same sign."""
    onset = _FOREIGN_ONSETS[code % len(_FOREIGN_ONSETS)]
    return [onset, _FOREIGN_VOWELS[code // 8 % len(_FOREIGN_VOWELS)]]
