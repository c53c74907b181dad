"""The filter that redacts every log record of the console.

A module of its own: the gateway program redacts too, and does not load `logging`.
"""

import logging

from foundation.redaction import redact


class RedactingFilter(logging.Filter):
    """Redacts the finished message and the traceback of every log record; none can begin a line of its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # a wrong format string: still a line, and no raw values on stderr
            message = f"{record.msg} {record.args!r}"
        record.msg = redact(message).replace("\n", "\\n")
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        for name in ("exc_text", "stack_info"):
            if text := getattr(record, name, None):
                setattr(record, name, "  | " + redact(str(text)).removeprefix("  | ").replace("\n", "\n  | "))
        return True
