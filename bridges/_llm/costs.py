"""What an answer of a model cost."""

from __future__ import annotations

from decimal import Decimal

from pydantic_ai.messages import ModelResponse


def cost_of(response: ModelResponse) -> Decimal | None:
    """Returns what a response cost in US dollars, or None when its model has no known price."""
    if response.usage.cost is not None or not response.model_name:
        return response.usage.cost
    try:
        return response.cost().total_price
    except (LookupError, ValueError):
        return None
