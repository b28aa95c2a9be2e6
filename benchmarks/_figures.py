"""What a measurement prints: one JSON object a line, with a verdict where something was promised of the figure."""

import json


def verdict(kept: bool) -> str:
    """✓ where a promise is kept."""
    return "✓" if kept else "NOT"


def said(what: str, found: str, promised: str = "", kept: bool = True) -> bool:
    """Print one line; whether the promise is kept, if there is one."""
    row = {"measured": what, "found": found, "promised": promised, "verdict": verdict(kept) if promised else ""}
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return kept
