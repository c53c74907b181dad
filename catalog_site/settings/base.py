"""Settings of the running console."""

import os
import socket
import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from catalog_site.settings import reading
from catalog_site.settings.keys import new_signing_key, new_vault_key, read_key

BASE_DIR = Path(__file__).resolve().parent.parent.parent
environ.Env.read_env(BASE_DIR / ".env")
SETTINGS_UNREADABLE = reading.unreadable

# ---- where things are -------------------------------------------------------------------------------------------
CONSOLE_DATA_DIR = Path(reading.text("CONSOLE_DATA_DIR", "var"))
if not CONSOLE_DATA_DIR.is_absolute():
    CONSOLE_DATA_DIR = BASE_DIR / CONSOLE_DATA_DIR
CONSOLE_DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
SESSIONS_DIR = CONSOLE_DATA_DIR / "sessions"  # one 0700 folder a session
PACKAGE_CACHE_DIR = CONSOLE_DATA_DIR / "cache"  # package downloads, one folder a user
RUN_DIR = CONSOLE_DATA_DIR / "run"  # what the running console tells other processes

SECRET_KEY = read_key("CONSOLE_SECRET_KEY", os.environ, CONSOLE_DATA_DIR / "keys" / "signing", new_signing_key)
VAULT_KEYS = read_key("VAULT_KEYS", os.environ, CONSOLE_DATA_DIR / "keys" / "vault", new_vault_key)
VAULT_KEYS_FILE = (  # read again when it changes: a rotation needs no restart; None: the variable holds the keys
    None
    if os.environ.get("VAULT_KEYS", "").strip()
    else Path(os.environ.get("VAULT_KEYS_FILE", "").strip() or CONSOLE_DATA_DIR / "keys" / "vault")
)
VAULT_BACKEND = reading.text("VAULT_BACKEND", "database")
BITWARDEN_SERVE_URL = reading.text("BITWARDEN_SERVE_URL")

# ---- addresses --------------------------------------------------------------------------------------------------
BIND = reading.text("BIND", "127.0.0.1")
PORT = reading.number("PORT", 8000)
PUBLIC_BASE_URL, _public = reading.address("PUBLIC_BASE_URL", f"http://127.0.0.1:{PORT}")
TRUSTED_PROXIES = reading.names("TRUSTED_PROXIES")
_host = _public.hostname or "localhost"
ALLOWED_HOSTS = sorted({f"[{_host}]" if ":" in _host else _host, "127.0.0.1", "localhost", "[::1]"})
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
_secure = _public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
if TRUSTED_PROXIES:  # foundation.middleware drops the header where another address sends it
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
    "ninja",  # its static files: the API's page
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
    "django.middleware.security.SecurityMiddleware",
    "foundation.middleware.RequestMiddleware",  # request id, who a proxy speaks for, body cap
    "catalog_site.middleware.ErrorMiddleware",  # ConsoleError -> page, partial or problem document
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
SESSION_COOKIE_AGE = 7 * 24 * 3600  # a login lasts a week
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # no script reads them: forms carry the CSRF token
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _secure
LANGUAGE_COOKIE_HTTPONLY = True
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
DATABASES = {"default": reading.database("DATABASE_URL", f"sqlite:///{CONSOLE_DATA_DIR / 'console.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # a checkpoint waits for the disk: every 32 MB of log rather than every 4, its hot pages are then written once
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; "
        "PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-8000;",
    }
_told = RUN_DIR / "redis_url"  # written by `manage.py up` for its own embedded Valkey
REDIS_URL = os.environ.get("REDIS_URL", _told.read_text().strip() if _told.exists() else "")
CACHES: dict[str, dict[str, object]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that hangs must not hold a request: rows say what is to be done, and the timers look for them.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 3}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# ---- this machine and what it may do ----------------------------------------------------------------------------
NODE_NAME = reading.text("NODE_NAME", socket.gethostname())
NODE_ADDRESS = reading.text("NODE_ADDRESS", "127.0.0.1")
OUTBOUND_ALLOW = reading.names("OUTBOUND_ALLOW")
GATEWAY_RUNTIME = reading.text("GATEWAY_RUNTIME", "auto")
GATEWAY_ALLOWED_HOSTS = reading.names("GATEWAY_ALLOWED_HOSTS")
PACKAGE_SERVERS = reading.text("PACKAGE_SERVERS", "auto")
PACKAGE_ENV = reading.names("PACKAGE_ENV")
MOUNT_ALLOW = reading.names("MOUNT_ALLOW")  # folders that servers may mount: /path (read-only), /path:rw
CATALOG_SOURCES = reading.names("CATALOG_SOURCES")
SESSION_IDLE_MINUTES = reading.number("SESSION_IDLE_MINUTES", 60)
SESSION_MAX_HOURS = reading.number("SESSION_MAX_HOURS", 24)
SESSIONS_PER_USER = reading.number("SESSIONS_PER_USER", 10)
EXEC_TIMEOUT_S = reading.number("EXEC_TIMEOUT_S", 60)
EXEC_TIMEOUT_MAX_S = 600
EXEC_OUTPUT_MAX_BYTES = reading.number("EXEC_OUTPUT_MAX_BYTES", 1024 * 1024)
EXECUTION_KEEP_DAYS = reading.number("EXECUTION_KEEP_DAYS", 30)
HEALTH_KEEP_DAYS = reading.number("HEALTH_KEEP_DAYS", 7)
AUDIT_KEEP_DAYS = reading.number("AUDIT_KEEP_DAYS", 365)

# ---- languages, static files, logs ------------------------------------------------------------------------------
LANGUAGE_CODE = reading.text("LANGUAGE_CODE", "ja")
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "catalog_site" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = reading.time_zone()
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no collect step: `make run` serves the folder as it is
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "foundation.log_redaction.RedactingFilter"}},
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
