"""The errors a spell can meet, in every language the same.

SpellError
├── InvalidArgument      invalid_argument
├── NotFound             not_found
├── PermissionDenied     permission_denied
├── TimeLimit            timeout
├── Cancelled            cancelled
├── LimitExceeded        limit_exceeded
├── BudgetExceeded       budget_exceeded
├── ProviderFailed       provider_error
│   ├── ProviderAuth         provider_auth
│   ├── ProviderRateLimited  provider_rate_limited
│   ├── ProviderUnavailable  provider_unavailable
│   ├── ModelNotFound        model_not_found
│   └── ContextTooLong       context_too_long
├── ToolFailed           tool_failed
├── WorkflowFailed       workflow_failed
├── GuardrailBlocked     guardrail_blocked
├── ReplayMiss           replay_miss
├── WorkerCrashed        worker_crashed
├── ConfigError          config_error
├── ScriptError          spell_error
└── InternalError        internal
"""

from __future__ import annotations

from typing import Any, ClassVar


class SpellError(Exception):
    """An error with a stable code that a spell can read.

    message: what happened
    hint: what to do about it; may be empty
    retryable: whether the same call may succeed later
    details: more fields for the script, values of the border only
    traceback: the spell's frames, innermost first: maps of file, line and function
    """

    code: ClassVar[str] = "internal"
    exit_code: int = 1
    can_retry: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retryable: bool | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.retryable = self.can_retry if retryable is None else retryable
        self.details = details or {}
        self.traceback: list[dict[str, Any]] = []

    @property
    def place(self) -> str:
        """The line of the spell that failed, as `file:line`; empty where it is not known."""
        if not self.traceback:
            return ""
        return f"{self.traceback[0].get('file')}:{self.traceback[0].get('line')}"

    def as_map(self) -> dict[str, Any]:
        """Returns the error map that crosses to a script."""
        found: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "retryable": self.retryable,
        }
        if self.hint:
            found["hint"] = self.hint
        if self.details:
            found["details"] = self.details
        return found

    def as_answer(self) -> dict[str, Any]:
        """Returns the error map that answers a call, with where a function of the spell failed."""
        found = self.as_map()
        if self.traceback:
            found["traceback"] = self.traceback[:MAX_INNER]
        return found


class InvalidArgument(SpellError):
    code = "invalid_argument"


class NotFound(SpellError):
    code = "not_found"


class PermissionDenied(SpellError):
    code = "permission_denied"
    exit_code = 3


class TimeLimit(SpellError):
    code = "timeout"
    exit_code = 124
    can_retry = True


class Cancelled(SpellError):
    code = "cancelled"
    exit_code = 130


class LimitExceeded(SpellError):
    code = "limit_exceeded"
    exit_code = 125


class BudgetExceeded(SpellError):
    code = "budget_exceeded"
    exit_code = 5


class ProviderFailed(SpellError):
    code = "provider_error"
    exit_code = 4


class ProviderAuth(ProviderFailed):
    code = "provider_auth"


class ProviderRateLimited(ProviderFailed):
    code = "provider_rate_limited"
    can_retry = True


class ProviderUnavailable(ProviderFailed):
    code = "provider_unavailable"
    can_retry = True


class ModelNotFound(ProviderFailed):
    code = "model_not_found"


class ContextTooLong(ProviderFailed):
    code = "context_too_long"


class ToolFailed(SpellError):
    code = "tool_failed"


class WorkflowFailed(SpellError):
    """A step failed; a run that ends with it has the exit code of what failed first.

    details: `cause` has the code, the message and the hint of that
    """

    code = "workflow_failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retryable: bool | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details=details)
        cause = self.details.get("cause")
        code = cause.get("code") if isinstance(cause, dict) else None
        kind: type[SpellError] | None = BY_CODE.get(code) if isinstance(code, str) else None
        if kind is not None and kind is not Cancelled:
            self.exit_code = kind.exit_code


class GuardrailBlocked(SpellError):
    code = "guardrail_blocked"


class ReplayMiss(SpellError):
    code = "replay_miss"


class WorkerCrashed(SpellError):
    code = "worker_crashed"


class ConfigError(SpellError):
    code = "config_error"
    exit_code = 2


class ScriptError(SpellError):
    code = "spell_error"


class InternalError(SpellError):
    code = "internal"


def _tree(root: type[SpellError]) -> dict[str, type[SpellError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


BY_CODE = {**_tree(SpellError), "internal": InternalError}
"""Every code and its class."""


MAX_MESSAGE = 100_000
MAX_NAME = 1000
MAX_FRAMES = 200
"""Of an error that a script sent: characters of its texts, and lines of its traceback."""
MAX_INNER = 40
"""Lines of a traceback that go back to the script, which puts its own after them."""


def from_map(fields: Any) -> SpellError:
    """Builds the error a script sent; an unknown code or a damaged map becomes spell_error."""
    if not isinstance(fields, dict):
        return ScriptError(f"the script failed with {fields!r}")
    code = fields.get("code")
    kind: type[SpellError] = (
        BY_CODE.get(code, ScriptError) if isinstance(code, str) else ScriptError
    )
    details = fields.get("details")
    hint = fields.get("hint")
    message = str(fields.get("message", ""))
    retryable = fields.get("retryable")
    error = kind(
        message[:MAX_MESSAGE],
        hint=hint[:MAX_MESSAGE] if isinstance(hint, str) else "",
        retryable=retryable if isinstance(retryable, bool) else None,
        details=details if isinstance(details, dict) else None,
    )
    name = fields.get("name")
    if kind is ScriptError and isinstance(name, str) and name not in ("", "Error", "SpellError"):
        error.message = f"{name[:MAX_NAME]}: {error.message}"
    frames = _list(fields.get("traceback"))[:MAX_FRAMES]
    error.traceback = [_frame(frame) for frame in frames if _is_frame(frame)]
    return error


def _frame(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns what is known of a frame, and nothing else that a hostile worker put there."""
    found = {}
    for key in ("file", "line", "column", "function"):
        value = fields.get(key)
        if isinstance(value, (str, int)):
            found[key] = value[:MAX_NAME] if isinstance(value, str) else value
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_frame(frame: Any) -> bool:
    return isinstance(frame, dict) and isinstance(frame.get("file"), str)
