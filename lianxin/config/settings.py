"""Django settings. One file; what differs between machines comes from the environment (see docs/operations.md)."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from lianxin.config.folder import current_folder

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = current_folder()
KEYS = FOLDER.keys()

SECRET_KEY = KEYS["django"]
DEBUG = False
ADDRESS = os.environ.get("LIANXIN_ADDRESS", "").rstrip("/")
"""How people reach the installation, `https://…`: in links that leave it, and trusted as the origin of forms."""
# Once it is said how people come, links cannot be made to lead elsewhere by a false Host header.
COME_BY = ",".join(filter(None, [urlsplit(ADDRESS).hostname, "localhost", "127.0.0.1", "[::1]"])) if ADDRESS else "*"
ALLOWED_HOSTS = os.environ.get("LIANXIN_HOSTS", COME_BY).split(",")
# Set by `lianxin serve`: whether browsers reach us over TLS (own certificate, or a named proxy that terminates it).
OVER_TLS = os.environ.get("LIANXIN_TLS") == "1"
TRUSTED_PROXY = os.environ.get("LIANXIN_TRUSTED_PROXY", "")

INSTALLED_APPS = [
    "lianxin.config",
    "lianxin.demo",
    "lianxin.home",
    "lianxin.cases",
    "lianxin.liaison",
    "lianxin.gatherings",
    "lianxin.reminders",
    "lianxin.imports",
    "lianxin.schemes",
    "lianxin.lake",
    "lianxin.organizations",
    "lianxin.accounts",
    "lianxin.ledger",
    "lianxin.ui",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
]

MIDDLEWARE = [
    "lianxin.config.bounds.BoundsMiddleware",
    "lianxin.ui.middleware.GoingBackMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lianxin.ui.middleware.AccountLanguageMiddleware",
    "lianxin.accounts.gate.GateMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lianxin.config.urls"
WSGI_APPLICATION = "lianxin.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lianxin.ui.context.page",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "lianxin.ui.templatetags.ui",
            ],
        },
    }
]

FORM_RENDERER = "lianxin.ui.forms.Renderer"
COTTON_ISOLATE_BY_DEFAULT = True

# Clocks are naive UTC everywhere (zone-aware timestamps compare as text on SQLite); a day is a local date of Asia/Shanghai.
# lianxin.ledger.clock is the only place that asks what time it is.
USE_TZ = False
TIME_ZONE = "UTC"
LOCAL_ZONE = "Asia/Shanghai"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"


def database() -> dict[str, object]:
    """LIANXIN_DATABASE_URL=postgresql://user:password@host:port/name, else the SQLite file of the data folder."""
    url = os.environ.get("LIANXIN_DATABASE_URL", "")
    if url.startswith(("postgresql://", "postgres://")):
        parts = urlsplit(url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": parts.port or "",
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            # Who waits longer for a lock is told to come back, as on SQLite (config/sqlite/base.py).
            "OPTIONS": {"options": "-c timezone=UTC -c lock_timeout=5s"},
        }
    return {"ENGINE": "lianxin.config.sqlite", "NAME": FOLDER.database, "CONN_MAX_AGE": None}


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "lianxin.accounts.backends.AccountBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "/desk/"

# Sign-in: django-allauth under our own pages (accounts/), django-axes counts wrong passwords. No sign-up, no e-mail addresses.
ACCOUNT_ADAPTER = "lianxin.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip"}  # a whole office may sit behind one address
CACHES = {"default": {"BACKEND": "lianxin.accounts.limits.DatabaseLimits"}}  # tries are counted for all workers together
MFA_ADAPTER = "lianxin.accounts.adapters.SecondStepAdapter"
MFA_FORMS = {
    "authenticate": "lianxin.accounts.second_step.CodeForm",
    "activate_totp": "lianxin.accounts.second_step.AddAppForm",
    "add_webauthn": "lianxin.accounts.second_step.AddPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "lianxin.accounts.adapters.address_token"
AXES_LOCKOUT_CALLABLE = "lianxin.accounts.views.locked"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

STATIC_URL = "/static/"
STORAGES = {"staticfiles": {"BACKEND": "lianxin.config.static.VersionedStatic"}}
WHITENOISE_USE_FINDERS = True  # straight from the packages: nothing to collect, nothing to forget
WHITENOISE_MAX_AGE = 365 * 24 * 3600  # an address holds the version of its file

SESSION_ENGINE = "lianxin.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = OVER_TLS
if OVER_TLS:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
CSRF_TRUSTED_ORIGINS = [ADDRESS] if ADDRESS else []
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "lianxin.config.failures.form_refused"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")}

UPLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes of a request, all files together: four times the largest workbook of 100,000 rows."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Workbooks hold names and phones: an upload stays in memory, and a killed worker leaves no file of it behind.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT
# LIANXIN_EMAIL_SERVER=smtps://user:password@host:465 (or smtp+tls://…:587, smtp://…:25); else mails are shown in the terminal.
MAIL_SERVER = urlsplit(os.environ.get("LIANXIN_EMAIL_SERVER", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL_SERVER.hostname else 'console'}.EmailBackend"
EMAIL_HOST = MAIL_SERVER.hostname or ""
EMAIL_PORT = MAIL_SERVER.port or {"smtps": 465, "smtp+tls": 587}.get(MAIL_SERVER.scheme, 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(MAIL_SERVER.username or ""), unquote(MAIL_SERVER.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL_SERVER.scheme == "smtps", MAIL_SERVER.scheme == "smtp+tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("LIANXIN_FROM_EMAIL", "lianxin@localhost")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Addresses asked for in vain are not kept: among them are one-time links and feeds. And no stranger fills the log.
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
TESTING = "pytest" in sys.modules
