"""The browser that looks at pages, wherever it stands on this machine."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium: install chromium and fonts-noto-cjk"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def executable() -> str:
    found = find()
    if found is None:
        raise SystemExit(MISSING)
    return found
