"""One shape for every log line: JSON in production, colours on a terminal elsewhere.

No secret stands in any of them. Tracebacks come without the values of variables, where a
password would lie in the clear, and what is known to be secret is masked wherever it turns up.
"""

import json as json_text
import logging.config
import re
from collections.abc import Iterable

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
SHORTEST = 8  # characters; a shorter secret is a word, and masking it would garble the log
CREDENTIALS = re.compile(r"(?<=://)[^/?#\s\"'<>]*@")
CODES = re.compile(r"(?<=[?&]code=)[^&\s\"'<>]+")  # that GitHub sends a browser back with

SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class Masked:
    """The last step of a line: takes out secrets, what stands before the @ of a URL, and codes."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= SHORTEST}
        # As written, and as JSON would write it; longest first, for one may hold another.
        spelt = known | {json_text.dumps(secret)[1:-1] for secret in known}
        found = "|".join(re.escape(secret) for secret in sorted(spelt, key=len, reverse=True))
        self._known = re.compile(found) if found else None

    def __call__(self, logger: WrappedLogger, method: str, line: EventDict | str) -> str:
        """The rendered line without them."""
        del logger, method
        text = CODES.sub(MASK, CREDENTIALS.sub(f"{MASK}@", str(line)))
        return self._known.sub(MASK, text) if self._known else text


def configured(*, json: bool, level: str, secrets: Iterable[str] = ()) -> None:
    """Set up structlog and the standard library's logging alike; no line shows a secret."""
    tracebacks = ExceptionDictTransformer(show_locals=False)
    last: list[Processor] = (
        [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]
        if json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        *last,
                        Masked(secrets),
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
