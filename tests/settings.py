"""The product's own settings, on a throw-away data folder and with a password hasher that does not take its time."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from lianxin.config.folder import Folder

# Before the settings are read: they look up the data folder, and a test must never meet the one of whoever runs it.
folder = Folder(Path(tempfile.mkdtemp(prefix="lianxin-test-")))
folder.make()
atexit.register(shutil.rmtree, folder.path, ignore_errors=True)
os.environ["LIANXIN_HOME"] = str(folder.path)

from lianxin.config.settings import *  # noqa: E402, F403
from lianxin.config.settings import MIDDLEWARE  # noqa: E402

# Every browser of a test has the middleware anew; all find the same static files, which took longer than a page.
MIDDLEWARE = [name.replace("whitenoise.middleware.WhiteNoise", "tests.machine.LookedOnce") for name in MIDDLEWARE]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = {"login": "10000/m/ip"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if not os.environ.get("LIANXIN_DATABASE_URL"):
    # A real file, as people have, rather than memory; named here because pytest-xdist cannot name it for an engine of our own.
    DATABASES["default"]["TEST"] = {"NAME": str(folder.path / "test.sqlite3")}  # noqa: F405
