"""Dates and times for tools: now, parse, format, add, difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridges._errors import InvalidArgument

UNITS = ("weeks", "days", "hours", "minutes", "seconds")


def date_tool(arguments: dict[str, Any]) -> dict[str, Any]:
    """Does what `action` says; dates are ISO 8601 text or seconds since 1970."""
    zone = _zone(arguments.get("timezone", "UTC"))
    action = arguments["action"]
    try:
        if action == "difference":
            seconds = (
                _moment(arguments, "until", zone) - _moment(arguments, "date", zone)
            ).total_seconds()
            return {"seconds": seconds, "days": seconds / 86400}
        moment = datetime.now(zone) if action == "now" else _moment(arguments, "date", zone)
        if action == "add":
            moment += timedelta(**{unit: arguments.get(unit, 0) for unit in UNITS})
        return _described(moment, arguments.get("format"))
    except (OverflowError, ValueError):
        raise InvalidArgument("the date is out of range", hint="years go from 1 to 9999") from None


def _described(moment: datetime, pattern: str | None) -> dict[str, Any]:
    found = {
        "iso": moment.isoformat(),
        "date": moment.strftime("%Y-%m-%d"),
        "time": moment.strftime("%H:%M:%S"),
        "weekday": moment.strftime("%A"),
        "week": moment.isocalendar().week,
        "epoch": moment.timestamp(),
        "timezone": str(moment.tzinfo),
    }
    if pattern:
        found["text"] = moment.strftime(pattern[:200])
    return found


def _moment(arguments: dict[str, Any], name: str, zone: tzinfo) -> datetime:
    given = arguments.get(name)
    if given is None:
        raise InvalidArgument(f"{arguments['action']!r} needs {name!r}")
    try:
        if isinstance(given, (int, float)):
            return datetime.fromtimestamp(given, zone)
        moment = datetime.fromisoformat(given.strip())
    except (ValueError, OverflowError, OSError):
        raise InvalidArgument(
            f"{given!r} is not a date", hint="write 2026-11-21 or 2026-11-21T14:30:00+01:00"
        ) from None
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _zone(name: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidArgument(
            f"there is no time zone {name!r}", hint="write UTC or Europe/Berlin"
        ) from None
