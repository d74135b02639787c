"""Lengths of time as Docker writes them: `1m30s`, `500ms`. Source: Compose specification, "Specifying durations"."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|us|ns|m|s))+")
_PARTS = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|us|ns|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def read_duration(text: str) -> float | None:
    """Seconds; None for what is no duration."""
    if text == "0":
        return 0.0
    if len(text) < 100 and _DURATION.fullmatch(text):
        return sum(float(count) * _SECONDS[unit] for count, unit in _PARTS.findall(text))
    return None
