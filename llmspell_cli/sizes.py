"""Sizes as people write them."""

from __future__ import annotations

import re

_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


def parse_size(text: str) -> int:
    """Returns the bytes of a text such as 256MB or 1.5GB; raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?B|)", text.strip().upper())
    if not match:
        raise ValueError(f"{text!r} is not a size such as 256MB or 10KB")
    return int(float(match[1]) * _UNITS[match[2]])
