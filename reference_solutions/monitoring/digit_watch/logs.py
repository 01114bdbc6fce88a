"""One line of JSON for everything that is logged, by this service or by its web server."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

LEVELS = {"ok": logging.INFO, "refused": logging.WARNING, "failed": logging.ERROR}

log = logging.getLogger("digit_watch")


class JsonFormatter(logging.Formatter):
    """A record as one line. Whatever stands in it, it cannot begin a second one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: time, level, message, and the fields that the record carries."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return json.dumps(fields)


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter}},
    "handlers": {
        "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
    },
    "root": {"handlers": ["out"], "level": "INFO"},
}


def log_request(request_id: str, outcome: str, seconds: float, status: int) -> None:
    """Tell what became of one request. The time is the one that the histogram gets."""
    fields = {
        "request_id": request_id,
        "outcome": outcome,
        "seconds": round(seconds, 6),
        "status": status,
    }
    log.log(LEVELS[outcome], "POST /predict", extra={"fields": fields})
