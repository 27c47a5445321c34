"""Models as the rest of the program has them: with the name that messages and results use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel

if TYPE_CHECKING:
    from bridges._llm.names import ModelRef
    from bridges._session import Session

ANSWERED = "llmspell_model"
"""Where a response says which member of a pool has answered."""


class NamedModel(WrapperModel):
    """A model of a run; what its requests raise is a SpellError."""

    def __init__(self, wrapped: Model, session: Session, ref: ModelRef) -> None:
        super().__init__(wrapped)
        self._session = session
        self.ref = ref


def sign(response: ModelResponse | StreamedResponse, name: str) -> None:
    """Has a response say who has answered, unless it says so already."""
    response.metadata = {ANSWERED: name, **(response.metadata or {})}


def answered_by(response: ModelResponse, model: NamedModel) -> str:
    """Returns the name of the model that has answered: a pool's member, or the model itself."""
    return str((response.metadata or {}).get(ANSWERED, model.ref.name))
