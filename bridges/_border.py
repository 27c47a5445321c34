"""Who stands at the border: what the conversion of a value needs to know of the call it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bridges._errors import PermissionDenied
from bridges._permissions import Checked, Grants

C = TypeVar("C", bound=Checked)


@dataclass(slots=True)
class Border:
    """The function that is called, in which language, and what the spell may do.

    note: told every permission decision: (api, kinds, value, the error it was refused with)
    Made by the door, which notes them: `session.door.border(api)`.
    """

    api: str
    grants: Grants
    spell_name: Callable[[str], str]
    note: Callable[[str, tuple[str, ...], str, PermissionDenied | None], None]

    def check(self, kind: type[C], value: str) -> C:
        """Returns the checked form of a value; raises PermissionDenied."""
        try:
            found = self.grants.check(kind, value, api=self.api)
        except PermissionDenied as error:
            self.note(self.api, kind.kinds(), value, error)
            raise
        if not kind.is_free(value):
            self.note(self.api, kind.kinds(), value, None)
        return found
