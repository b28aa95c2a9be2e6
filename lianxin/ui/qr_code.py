"""A QR code as SVG, drawn on the server: works on paper and under a strict content policy."""

from functools import lru_cache
from io import BytesIO

from django.utils.html import escape

MASK = 3
"""Of the eight patterns that break up what is drawn: any can be read. To weigh all eight takes longer than all the rest."""


@lru_cache(maxsize=512)
def svg(address: str, label: str = "") -> str:
    """The address as a QR code. Without a label it is decoration beside the written address, and hidden from screen readers."""
    import segno  # only here: hardly any page draws one

    drawn = BytesIO()
    segno.make(address[:1000], error="m", micro=False, mask=MASK).save(
        drawn, kind="svg", xmldecl=False, svgns=True, svgclass="qr", lineclass=None, omitsize=True, border=2, title=label or None
    )
    text = drawn.getvalue().decode()
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ' if label else '<svg aria-hidden="true" ', 1)
