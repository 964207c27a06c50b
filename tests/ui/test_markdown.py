"""What people write as markdown: words, lists, code and links come through, nothing that runs or calls home."""

import re

import pytest

from components.ui.markdown import LONGEST, rendered

ALLOWED = r"p|br|strong|em|s|code|pre|ul|ol|li|blockquote|hr|table|thead|tbody|tr|th|td|a"
HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:x)", "[x](//evil.example)", "[x](/logout)",
    "![x](https://evil.example/who-reads.png)", "<a href='javascript:x'>y</a>", "<javascript:alert(1)>", '[x](https://a.b "t" onclick=x)',
    "[x]: javascript:alert(1)\n[x]", "```html\n<script>1</script>\n```", "`<b>`", '"><svg/onload=alert(1)>', "<!-- x -->",
    "<style>*{}</style>",
    "[x](https://[)", "\u202eabc <b>", "# <h1 onclick=x>", "|<td onclick=x>|\n|-|\n|1|", "[" * 4000, "*a_" * 2000, "> " * 3000, "\0<b>",
)  # fmt: skip


@pytest.mark.parametrize("line", [False, True])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_comes_through_that_acts(text: str, line: bool) -> None:
    made = rendered(text, line=line)
    tags = re.findall(r"<\s*/?\s*([a-zA-Z!][\w-]*)([^>]*)>", made)
    assert all(re.fullmatch(ALLOWED, name) for name, _rest in tags)
    for name, rest in tags:
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', rest))
        assert set(attributes) <= {"href", "target", "rel", "class", "title", "style"}, made
        assert name != "a" or re.match(r"https?:|mailto:|$", attributes.get("href", "")), made
        assert attributes.get("style", "text-align:").startswith("text-align:")


def test_what_people_mean_is_shown() -> None:
    made = rendered("# Runbook\n**call** `ops`\n\n- one\n- [wiki](https://wiki.example/x?a=1&b=2)")
    assert '<p class="x-md-head">Runbook</p>' in made and "<strong>call</strong> <code>ops</code>" in made and "<li>one</li>" in made
    assert 'href="https://wiki.example/x?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow"' in made
    assert rendered("*a* < b\nc", line=True).split() == ["<em>a</em>", "&lt;", "b<br", "/>", "c"]


def test_too_much_is_plain_text() -> None:
    assert rendered("*a* " * 201).startswith("<p>*a* *a*")
    assert len(rendered("x" * 1_000_000)) < LONGEST + 20
