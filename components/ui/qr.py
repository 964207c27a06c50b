"""QR codes, for what a phone is to read."""

import segno


def qr_code(text: str) -> str:
    """SVG markup, black on white in every theme: cameras want it so."""
    return str(segno.make(text, error="m").svg_inline(border=3, omitsize=True, dark="#000", light="#fff", svgclass="qr"))
