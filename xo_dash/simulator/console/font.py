"""A font of 5 x 7 dots: seven rows a glyph, each a digit of base 32 whose bits are the dots, leftmost highest."""

from __future__ import annotations

from functools import cache

WIDTH, HEIGHT = 8, 16  # of a cell, in pixels
FIRST = " "
ROWS = 7
DIGITS = (
    "00000004444404aaa0000aavavaa4fke5u4op248j3cik8lid44800002488842842224804lel40044v4400000c48000v00000000cc01248g0"
    "ehjlphe4c4444eeh1248vv2421he26aiv22vgu11he68guhhev124888ehhehheehhf12c0cc0cc00cc0c48248g84200v0v008421248eh12404"
    "eh1dlleehhvhhhuhhuhhuehggghesihhhisvgguggvvggugggehgnhhfhhhvhhhe44444e72222ichikokihggggggvhrllhhhhhpljhhehhhhhe"
    "uhhugggehhhliduhhukihfgge11uv444444hhhhhhehhhhha4hhhlllahha4ahhhha4444v1248gve88888e0g84210e22222e4ah0000000000v"
    "842000000e1fhfggmphhu00egghe11djhhf00ehvge698s8880fhhf1eggmphhh40c444e20622icggikokic44444e00qllhh00mphhh00ehhhe"
    "00uhugg00djf1100mpggg00ege1u88s889600hhhjd00hhha400hhlla00ha4ah00hhf1e00v248v2448442444444484424480008l20"
)  # of all glyphs from space to ~
UNKNOWN = "vhhhhhv"


@cache
def cell(char: str) -> tuple[int, ...]:
    """Sixteen rows of eight dots, leftmost highest; every row of the glyph twice."""
    at = ROWS * (ord(char) - ord(FIRST))
    glyph = DIGITS[at : at + ROWS] if 0 <= at < len(DIGITS) else UNKNOWN
    rows = [int(digit, 32) << 2 for digit in glyph]
    return (0, *(row for row in rows for _ in range(2)), 0)
