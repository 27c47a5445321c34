"""What guardrails look for, and how they look."""
