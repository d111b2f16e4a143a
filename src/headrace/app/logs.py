"""Structured logs: readable lines on a terminal, JSON lines for a collector. Nothing secret is ever bound."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(settings: dict[str, Any], process: str) -> None:
    style = settings["log_format"]
    as_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    level = getattr(logging, settings["log_level"].upper())
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
