"""The product's settings with the style page beside it; used by the server the browser tests start."""

from pathlib import Path

from lianxin.config.settings import *  # noqa: F403
from lianxin.config.settings import TEMPLATES

ROOT_URLCONF = "tests.browser.urls"
TEMPLATES[0]["DIRS"] = [Path(__file__).parent / "templates"]
