"""Settings of the running console."""

import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from catalog_site.settings.keys import new_signing_key, new_vault_key, read_key

BASE_DIR = Path(__file__).resolve().parent.parent.parent
environ.Env.read_env(BASE_DIR / ".env")
env = environ.Env()

# ---- where things are -------------------------------------------------------------------------------------------
CONSOLE_DATA_DIR = Path(env.str("CONSOLE_DATA_DIR", default="var"))
if not CONSOLE_DATA_DIR.is_absolute():
    CONSOLE_DATA_DIR = BASE_DIR / CONSOLE_DATA_DIR
CONSOLE_DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
SESSIONS_DIR = CONSOLE_DATA_DIR / "sessions"  # one 0700 folder a session
PACKAGE_CACHE_DIR = CONSOLE_DATA_DIR / "cache"  # package downloads, one folder a user
RUN_DIR = CONSOLE_DATA_DIR / "run"  # what the running console tells other processes

SECRET_KEY = read_key("CONSOLE_SECRET_KEY", os.environ, CONSOLE_DATA_DIR / "keys" / "signing", new_signing_key)
VAULT_KEYS = read_key("VAULT_KEYS", os.environ, CONSOLE_DATA_DIR / "keys" / "vault", new_vault_key)
VAULT_KEYS_FILE = (  # read again when it changes, so that a rotation needs no restart; None: the variable holds the keys
    None
    if os.environ.get("VAULT_KEYS", "").strip()
    else Path(os.environ.get("VAULT_KEYS_FILE", "").strip() or CONSOLE_DATA_DIR / "keys" / "vault")
)
VAULT_BACKEND = env.str("VAULT_BACKEND", default="database")
BITWARDEN_SERVE_URL = env.str("BITWARDEN_SERVE_URL", default="")

# ---- addresses --------------------------------------------------------------------------------------------------
BIND = env.str("BIND", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
_public = urlsplit(PUBLIC_BASE_URL)
ALLOWED_HOSTS = sorted({_public.hostname or "localhost", "127.0.0.1", "localhost", "[::1]"})
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
_secure = _public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# ---- apps and requests ------------------------------------------------------------------------------------------
DEBUG = False
ROOT_URLCONF = "catalog_site.urls"
WSGI_APPLICATION = "catalog_site.wsgi.application"
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "foundation.admin_config.ConsoleAdminConfig",  # django.contrib.admin with a read-only site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "csp",
    "foundation",
    "people",
    "audit",
    "vault",
    "catalog",
    "signing",
    "oauth_connect",
    "gateways",
    "dynamic_mcp",
    "catalog_site",
]
MIDDLEWARE = [
    "foundation.middleware.RequestMiddleware",  # request id, body cap
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.AccessMiddleware",  # session cookie or bearer token -> request.access
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "catalog_site.toasts.ToastMiddleware",  # messages into htmx answers
    "catalog_site.middleware.ErrorMiddleware",  # ConsoleError -> page, partial or problem document
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "catalog_site.context.console",
            ],
        },
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # a larger request body is 413
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# ---- database, cache, queue -------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{CONSOLE_DATA_DIR / 'console.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
    }
_told = RUN_DIR / "redis_url"  # written by `manage.py up` for its own embedded Valkey
REDIS_URL = env.str("REDIS_URL", default=_told.read_text().strip() if _told.exists() else "")
CACHES: dict[str, dict[str, object]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# ---- this machine and what it may do ----------------------------------------------------------------------------
NODE_NAME = env.str("NODE_NAME", default=socket.gethostname())
NODE_ADDRESS = env.str("NODE_ADDRESS", default="127.0.0.1")
OUTBOUND_ALLOW = env.list("OUTBOUND_ALLOW", default=[])
GATEWAY_RUNTIME = env.str("GATEWAY_RUNTIME", default="auto")
GATEWAY_ALLOWED_HOSTS = env.list("GATEWAY_ALLOWED_HOSTS", default=[])
PACKAGE_SERVERS = env.str("PACKAGE_SERVERS", default="auto")
PACKAGE_ENV = env.list("PACKAGE_ENV", default=[])
MOUNT_ALLOW = env.list("MOUNT_ALLOW", default=[])  # folders that servers may mount: /path (read-only), /path:rw
CATALOG_SOURCES = env.list("CATALOG_SOURCES", default=[])
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=60)
SESSION_MAX_HOURS = env.int("SESSION_MAX_HOURS", default=24)
SESSIONS_PER_USER = env.int("SESSIONS_PER_USER", default=10)
EXEC_TIMEOUT_S = env.int("EXEC_TIMEOUT_S", default=60)
EXEC_TIMEOUT_MAX_S = 600
EXEC_OUTPUT_MAX_BYTES = env.int("EXEC_OUTPUT_MAX_BYTES", default=1024 * 1024)
EXECUTION_KEEP_DAYS = env.int("EXECUTION_KEEP_DAYS", default=30)
HEALTH_KEEP_DAYS = env.int("HEALTH_KEEP_DAYS", default=7)
AUDIT_KEEP_DAYS = env.int("AUDIT_KEEP_DAYS", default=365)

# ---- languages, static files, logs ------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="ja")
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "catalog_site" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TZ", default="UTC") or "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no collect step: `make run` serves the folder as it is
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "foundation.redaction.RedactingFilter"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": "plain",
            "filters": ["redact"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django.server": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
