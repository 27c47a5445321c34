"""The host API. Knows no script language; one noun a module."""

MODULES = (
    "agent",
    "handoff",
    "llm",
    "model",
    "tool",
    "guardrail",
    "workflow",
    "resilience",
    "file",
    "http",
    "env",
    "state",
    "json",
    "stdin",
    "logger",
    "metrics",
    "trace",
    "concurrency",
    "spell",
    "event",
    "hook",
    "conversation",
    "artifact",
    "stream",
)
"""The modules that declare host functions, in documentation order."""
