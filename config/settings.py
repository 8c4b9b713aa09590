"""Every setting, from the environment. ``.env.example`` lists the variables; ``docs/operations.md`` explains them."""

import sys
from pathlib import Path

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from config import environment, looks, openapi, periodic, services

BASE_DIR = Path(__file__).resolve().parent.parent
environment.read_file(BASE_DIR)

# --- what this process is ------------------------------------------------------------------------------------------

# development: helpful errors, plain http, a throw-away key. production: everything strict.
MODE = environment.choice("MODE", "production", among=("production", "development"))
DEVELOPMENT = MODE == "development"
DEBUG = environment.flag("DEBUG", default=False)
if DEBUG and not DEVELOPMENT:
    raise ImproperlyConfigured("DEBUG shows secrets to visitors: it is for MODE=development only.")
DATA_DIR = services.data_directory()
# Where the embedded servers of bin/demo and "manage.py services" listen.
EMBEDDED = services.addresses(DATA_DIR) if DEVELOPMENT else {"DATABASE_URL": "", "REDIS_URL": ""}
if DEVELOPMENT and "services" not in sys.argv[1:2]:
    services.warn_if_absent(DATA_DIR)
BASE_URL = environment.origin(
    "BASE_URL", "http://localhost:8000" if DEVELOPMENT else "", schemes=("http", "https") if DEVELOPMENT else ("https",)
)
PUBLIC_KEY = "development-only-not-a-secret-0123456789-abcdefghijklmnopqrstuvwxyz"
# A command beside bin/demo opens what the demo sealed.
SECRET_KEY = environment.text("SECRET_KEY", (services.kept_secret(DATA_DIR) or PUBLIC_KEY) if DEVELOPMENT else "")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:  # noqa: PLR2004 (what Django calls weak)
    raise ImproperlyConfigured(
        "SECRET_KEY must be 50 random characters or more, and stay the same: it signs sessions. Make one with: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY_FALLBACKS = environment.names("SECRET_KEY_FALLBACKS")
# The first encrypts what the database keeps secret, all decrypt; see advocacy/secrets.py.
ENCRYPTION_KEYS = environment.encryption_keys("ENCRYPTION_KEYS", needed=not DEVELOPMENT)
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]") if DEVELOPMENT else ())
if not ALLOWED_HOSTS or ("*" in ALLOWED_HOSTS and not DEVELOPMENT):
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts you serve, such as referrals.example.com.")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- parts ---------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_celery_beat",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "anymail",
    "advocacy",
    "referrals",
    "rewards",
    "config",
]
MIDDLEWARE = [
    "config.requests.RequestId",
    "advocacy.api.cors.RegisteredOrigins",
    "django.middleware.security.SecurityMiddleware",
    # Between this and the last one stands what only pages need.
    "config.requests.StraightToEndpoints",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.requests.AdminPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.requests.Endpoints",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]
# The dictionary of what happens after each event; the only place where the apps meet.
EVENT_HANDLERS = "config.event_handlers.HANDLERS"
# What merges of customers ask about their wallets.
WALLETS = "rewards.merging"
# The function that makes an example of an event type, for tests of webhooks and the documentation.
EVENT_EXAMPLES = "config.event_examples.example"
# The function that names the storefront's order that an event is about.
ORDER_NAMES = "config.order_names.of_event"
# The dictionary of long work.
JOB_KINDS = "config.job_kinds.JOBS"
# The dictionary of what shops are told through their platforms' APIs.
ERRAND_KINDS = "config.errand_kinds.ERRANDS"
# The function that names those of some codes that are coupons of our own: see ``advocacy.secret_codes``.
COUPON_NAMES = "rewards.coupons.asking.names"
# What looks for cheats, and the function that says whose held reward was credited: see ``referrals.fraud``.
FRAUD_CHECKS = "config.fraud_checks.CHECKS"
REWARDS_CREDITED = "rewards.crediting.was_credited"
# The list of what is watched for staff: see ``advocacy.alerts``.
ALERT_CHECKS = "config.alert_checks.CHECKS"
COUPON_LINKS = "rewards.coupons.friends.links_behind"
# The function that names those offers that somebody cannot have now, and why: see ``advocacy.offers``.
WITHHELD_OFFERS = "rewards.withheld.of"

# The functions that give a test twin what its storefront has, and that empty it.
TWIN_FILLER = "config.twins.fill"
TWIN_EMPTIER = "config.twins.empty"
PRIVACY_PARTS = "config.privacy.PARTS"
PRIVACY_SEARCHES = "config.privacy.SEARCHES"

# --- data ----------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": environment.database("DATABASE_URL", EMBEDDED["DATABASE_URL"])
    | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
}
STATEMENT_TIMEOUT_SECONDS = environment.whole_number("STATEMENT_TIMEOUT_SECONDS", default=60, least=1, most=3600)
# What is expected to be dear is compiled before it runs, which takes longer than any question of a page may. Links of
# a month are grouped in memory.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s -c jit=off -c work_mem=16MB"
)
# For the redirect's statement: Django's own cursors prepare nothing, whatever this says.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.address("REDIS_URL", EMBEDDED["REDIS_URL"], schemes=("redis", "rediss", "unix"))
# Whether webhooks and platforms may be servers of this very machine, also without https: for trying out only.
OUTBOUND_LOOPBACK = environment.flag("OUTBOUND_LOOPBACK", default=DEVELOPMENT)
if OUTBOUND_LOOPBACK and not DEVELOPMENT:
    raise ImproperlyConfigured("OUTBOUND_LOOPBACK lets webhooks call this machine itself: MODE=development only.")
INBOUND_RETENTION_DAYS = environment.whole_number("INBOUND_RETENTION_DAYS", default=90, least=14, most=3650)
DELIVERY_RETENTION_DAYS = environment.whole_number("DELIVERY_RETENTION_DAYS", default=90, least=14, most=3650)
IMPORT_RETENTION_DAYS = environment.whole_number("IMPORT_RETENTION_DAYS", default=30, least=7, most=3650)
CLAIM_RETENTION_DAYS = environment.whole_number("CLAIM_RETENTION_DAYS", default=400, least=30, most=3650)
# Who did what in the admin, with whose reason: what books and quarrels ask for.
ADMIN_LOG_RETENTION_DAYS = environment.whole_number("ADMIN_LOG_RETENTION_DAYS", default=3650, least=90, most=36500)
# The hour, in each storefront's time zone, of the day's mail about open alerts.
ALERT_HOUR = environment.whole_number("ALERT_HOUR", default=8, least=0, most=23)
# Numbers of checks in place of their own, such as reviews.hours=24,late_work.minutes=10.
ALERT_LIMITS = environment.limits("ALERT_LIMITS")
CLICK_RETENTION_DAYS = environment.whole_number("CLICK_RETENTION_DAYS", default=400, least=90, most=3650)

# --- Celery --------------------------------------------------------------------------------------------------------

# PostgreSQL is the truth about pending work; a message only wakes a worker and may be lost, doubled or late.
CELERY_BROKER_URL = REDIS_URL
if REDIS_URL.startswith("unix://"):
    CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 0.2
# Longer than the longest task, or Redis would hand a running task to a second worker.
_VISIBILITY = {"visibility_timeout": 300, "unacked_restore_interval": 5, "unacked_restore_throttle": 1}
CELERY_BROKER_TRANSPORT_OPTIONS = _VISIBILITY | {"socket_connect_timeout": 0.2, "socket_keepalive": True}
CELERY_VISIBILITY_TIMEOUT = 300
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ALWAYS_EAGER = environment.flag("CELERY_TASK_ALWAYS_EAGER", default=False)
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
SWEEP_SECONDS = environment.whole_number("SWEEP_SECONDS", default=2, least=1, most=60)
CELERY_BEAT_SCHEDULE = periodic.tasks(sweep_seconds=SWEEP_SECONDS)

# --- people --------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# How many proxies stand before us; with 0 the address headers that a client may write are ignored.
TRUSTED_PROXY_COUNT = environment.whole_number("TRUSTED_PROXY_COUNT", default=0, least=0, most=10)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
ACCOUNT_ADAPTER = "config.login.Adapter"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_FORMS = {"login": "config.login.Login", "request_login_code": "config.login.RequestCode"}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_REQUIRED = False
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = BASE_URL.split(":")[0]
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
LOGIN_REDIRECT_URL = "/portal/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
LOGIN_URL = "/accounts/login/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
EMAIL_URL = environment.mail("EMAIL_URL", "consolemail://" if DEVELOPMENT else "smtp://localhost:25")
vars().update(EMAIL_URL)
EMAIL_TIMEOUT = 10
# A mail service by its API in place of a mail server, as django-anymail names it; empty: EMAIL_URL.
MAIL_SERVICE = environment.mail_service("MAIL_SERVICE")
# What its news are sent with; empty: nobody is heard.
MAIL_SERVICE_SECRET = environment.name_and_password("MAIL_SERVICE_SECRET")
ANYMAIL = {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT, **environment.json_object("MAIL_SERVICE_SETTINGS")}
ANYMAIL["WEBHOOK_SECRET"] = MAIL_SERVICE_SECRET
if MAIL_SERVICE:
    EMAIL_BACKEND = f"anymail.backends.{MAIL_SERVICE}.EmailBackend"
# Who may send for the senders' domains, as their SPF records say it; manage.py doctor looks for it.
MAIL_SPF = environment.text("MAIL_SPF")
# Who tells of bounces and complaints signs with it; empty: nobody is heard.
MAIL_NEWS_SECRET = environment.signing_secret("MAIL_NEWS_SECRET")
DEFAULT_FROM_EMAIL = environment.sender("DEFAULT_FROM_EMAIL", "Referrals <referrals@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- language, time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = environment.choice("LANGUAGE_CODE", "en", among=("en", "de"))
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = environment.time_zone("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- API -----------------------------------------------------------------------------------------------------------

# One API call's body; a batch may be larger. Beyond it the answer is 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = environment.whole_number(
    "MAX_BODY_BYTES", default=512 * 1024, least=16 * 1024, most=16 * 1024 * 1024
)
# A file to import: beyond it, it is sent in parts or imported by command.
IMPORT_MOST_BYTES = environment.whole_number("MAX_IMPORT_MIB", default=512, least=1, most=16 * 1024) * 1024 * 1024
IMPORT_MOST_ROWS = 5_000_000
# Calls a minute; 0: not counted. One key's, and one address's with a publishable key or with none that is valid.
CALLS_PER_MINUTE_SECRET = environment.whole_number("CALLS_PER_MINUTE_SECRET", default=60_000, least=0, most=10_000_000)
CALLS_PER_MINUTE_PUBLISHABLE = environment.whole_number(
    "CALLS_PER_MINUTE_PUBLISHABLE", default=12_000, least=0, most=10_000_000
)
CALLS_PER_MINUTE_ADDRESS = environment.whole_number("CALLS_PER_MINUTE_ADDRESS", default=300, least=0, most=1_000_000)
# For so long a live key and its storefront are taken as they were a moment ago, without asking the database.
KEY_TRUST_MILLISECONDS = environment.whole_number("KEY_TRUST_MILLISECONDS", default=500, least=0, most=60_000)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["advocacy.api.keys.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["advocacy.api.keys.SecretKey"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["advocacy.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "advocacy.api.problems.handler",
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = openapi.SPECTACULAR_SETTINGS

# --- pages ---------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEVELOPMENT
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
    },
}
# Pages of the admin run scripts written into them (unfold, Alpine): another policy, set by config.requests.
ADMIN_CONTENT_SECURITY_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
}
UNFOLD = looks.UNFOLD

# --- security ------------------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", default=not DEVELOPMENT)
SECURE_HSTS_SECONDS = environment.whole_number(
    "SECURE_HSTS_SECONDS", default=0 if DEVELOPMENT else 31_536_000, least=0, most=63_072_000
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEVELOPMENT
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# Load balancers ask for it from inside, in plain http.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
X_FRAME_OPTIONS = "DENY"

# --- logs ----------------------------------------------------------------------------------------------------------

# Who may read /prometheus; empty: nobody.
PROMETHEUS_TOKEN = environment.token("PROMETHEUS_TOKEN")
LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"one_line": {"()": "config.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # What granian writes with --access-log, by its own handler otherwise.
    "loggers": {
        "granian.access": {"handlers": ["console"], "propagate": False},
        "django.security.DisallowedHost": {"filters": ["one_line"]},
    },
}
