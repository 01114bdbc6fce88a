"""Django's settings, all from `portal.env`. See there for what can be set and how."""

from itertools import chain
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from portal import env as surroundings
from portal.logging import configured

env = surroundings.read()
BASE_DIR = surroundings.BASE

DEBUG = env.debug
DEMO = env.demo
SECRET_KEY = env.django_key()
SIGNING_KEYS = env.signing_keys()  # of verdicts; the name keeps them out of error pages
ALLOWED_HOSTS = env.allowed_hosts
CSRF_TRUSTED_ORIGINS = env.trusted_origins

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth.account",
    "allauth.socialaccount",
    "csp",
    "django_htmx",
    "django_linear_migrations",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_structlog",
    "drf_spectacular",
    "rest_framework",
    "portal.common",
    "portal.people",
    "portal.courses",
    "portal.submissions",
    "portal.similarity",
    "portal.github",
    "portal.deliveries",
    "portal.assessment",
    "portal.demos",
    "portal.dashboards",
    "portal.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.common.plaintext.PlainText",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page is for people who signed in; one that is not says so itself.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.people.second_factor.StaffSecondFactor",
    "django_structlog.middlewares.RequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 14 * 24 * 3600  # seconds for which a link for the first sign-in works
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Of allauth, only the way to GitHub and back is used; `portal.people.with_github` says the rest.
SOCIALACCOUNT_ADAPTER = "portal.github.sign_in.Adapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds

STAFF_TWO_FACTOR = env.two_factor
OTP_TOTP_ISSUER = "Course portal"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.var / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "portal.common.plotly_files.PlotlyFinder",
]
# A trial portal serves the files where they lie; a real one runs collectstatic first.
WHITENOISE_USE_FINDERS = env.trial
WHITENOISE_AUTOREFRESH = env.trial
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if env.trial
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# The browser may load from this portal and from nowhere else, and runs no inline script.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# No page asks a browser for anything but itself.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "hid",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "screen-wake-lock",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
}
_https = not (env.trial or env.insecure_cookies)
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 7 * 24 * 3600  # seconds; staff with a second factor get half a day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False  # other hosts of a university's domain are not ours
# `check --deploy` asks for that and for preloading; neither is this portal's to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.behind_proxy else None
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.behind_proxy

LOGGING_CONFIG = None  # done here, once, for Django, Celery and structlog together
configured(
    json=not env.trial,
    level=env.log_level,
    secrets=[SECRET_KEY, *SIGNING_KEYS, *chain.from_iterable(env.secrets().values())],
)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.access.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.access.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.access.PerPerson"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "portal.api.errors.answer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Course portal",
    "VERSION": "1",
    "DESCRIPTION": "The same functions and permissions as the pages. Send a token of yours as "
    "`Authorization: Bearer mlops_…`; make one on your page.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {  # both fields are called kind
        "FigureKindEnum": ["lines", "points", "bars"],
        "KindEnum": ["contact", "call", "exam", "resit"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.schema.with_refusals",
    ],
}

SHELF = env.shelf
GIT_HOSTS = list(dict.fromkeys([*env.git_hosts, urlsplit(env.github_url).netloc]))
LOCAL_REPOSITORIES = env.local_repositories
PUBLIC_URL = env.public_url
GITHUB_URL = env.github_url
GITHUB_API = env.github_api
GITHUB_TOKEN = env.github_token.get_secret_value() if env.github_token else ""
GITHUB_CLIENT_ID = env.github_client_id
GITHUB_CLIENT_SECRET = (
    env.github_client_secret.get_secret_value() if env.github_client_secret else ""
)
BROKER_URL = env.broker
VAR = env.var
