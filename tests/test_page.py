"""The page fixture itself: it sees what breaks a rule, and submits what a browser would."""

import pytest
from flask import Flask
from html5lib.html5parser import ParseError

from tests.page import BadPage, Visitor


def serving(app: Flask, html: str) -> Visitor:
    """Return a visitor to an app that answers /html with ``html``, N for the nonce."""

    def view() -> str:
        from webapp.views import current  # noqa: PLC0415  # needs the request

        return html.replace("N0NCE", current.nonce())

    app.add_url_rule("/html", view_func=view)
    return Visitor(app)


def page_of(main: str, head: str = "<title>T</title>") -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head>{head}</head><body><main>{main}</main></body></html>'
    )


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        (page_of("", head=""), "no title"),
        (page_of("", head="<title> · Cuecard</title>"), "no title"),
        (page_of("<p id='a'></p><p id='a'></p>"), "occur twice"),
        (page_of("<p id='a b'></p>"), "empty or has a blank"),
        (page_of("<input name='x'>"), "no label"),
        (page_of("<label for='y'>x</label><input id='x'>"), "not on the page"),
        (page_of("<p style='color:red'></p>"), "inline style"),
        (page_of("<p onclick='x()'></p>"), "inline handler"),
        (page_of("<p hx-on:click='x()'></p>"), "hx-on"),
        (page_of("<p data-hx-get='/x'></p>"), "data-hx-get"),
        (page_of("<p hx-vals='js:{a:1}'></p>"), "runs script"),
        (page_of("<a href='javascript:x()'>x</a>"), "runs script"),
        (page_of("<p hx-get='/x'></p>"), "without hx-nonce"),
        (page_of("<p hx-get='/x' hx-nonce='guessed'></p>"), "without hx-nonce"),
        (page_of("", head="<title>T</title><script src='/x.js'></script>"), "nonce"),
        (page_of("", head="<title>T</title><script nonce='N0NCE'>x()</script>"), "inline"),
        (page_of("", head="<title>T</title><style>p{}</style>"), "static/css"),
        (page_of("<img src='/x.png'>"), "no alt"),
        (page_of("<button>x</button>"), "no type"),
        (page_of("<button type='button'></button>"), "says nothing"),
        (page_of("<a href='/'></a>"), "empty"),
        ("<script nonce='N0NCE' src='/x.js'></script>", "fragment"),
    ],
)
def test_a_page_that_breaks_a_rule_is_caught(app: Flask, html: str, complaint: str) -> None:
    with pytest.raises(BadPage, match=complaint):
        serving(app, html).get("/html")


@pytest.mark.parametrize("html", [page_of("<p></b>"), page_of("<p a=1 a=2>"), page_of("<div>")])
def test_a_page_that_is_not_html_is_caught(app: Flask, html: str) -> None:
    with pytest.raises(ParseError):
        serving(app, html).get("/html")


FORM = """
  <form id="f" method="post" action="/x"></form>
  <fieldset><legend>L</legend>
    <label>A <input name="a" form="f" value="1"></label>
    <label>B <textarea name="b" form="f">
two
lines</textarea></label>
    <label>C <input type="checkbox" name="c" form="f"></label>
    <label>D <input type="checkbox" name="d" form="f" checked></label>
    <label>E <select name="e" form="f"><option>x</option><option value="Y" selected>y</option>
      </select></label>
    <label>G <select name="g" form="f"><option disabled>p</option><option>q</option></select>
    </label>
    <label>H <input name="h" form="f" value="off" disabled></label>
    <input type="hidden" name="i" form="f" value="hid">
    <label>J <input name="j" value="of no form"></label>
    <label>K <input value="of no name" form="f"></label>
    <button type="submit" name="do" value="add" form="f">Add</button>
    <button type="submit" name="do" value="drop" form="f">Drop</button>
  </fieldset>
  <fieldset disabled><legend><label>M <input name="m" form="f"></label></legend>
    <label>N <input name="n" form="f"></label></fieldset>
"""

SENT = [
    ("a", "1"),
    ("b", "two\r\nlines"),
    ("d", "on"),
    ("e", "Y"),
    ("g", "q"),
    ("i", "hid"),
]


def test_it_submits_what_a_browser_would(app: Flask) -> None:
    page = serving(app, page_of(FORM)).get("/html")
    assert page.fields("f") == [*SENT, ("m", "")]
    assert page.fields("f", page.button("Drop")) == [*SENT, ("do", "drop"), ("m", "")]


def test_it_finds_what_a_visitor_would_look_for(app: Flask) -> None:
    page = serving(app, page_of(FORM)).get("/html")
    assert page.control("A").get("name") == "a"
    assert page.label(page.one("[name=m]")) == "M"
    assert [e.get("name") for e in page.all("fieldset [type=checkbox]")] == ["c", "d"]
    assert page.find("#nowhere") is None
    assert page.title == "T"
