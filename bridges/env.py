"""Environment variables, under the spell's grants."""

from __future__ import annotations

from bridges._declare import NOTHING, Bridge, host_function
from bridges._permissions import EnvName


class Env(Bridge):
    """Reads the environment variables that the spell is granted."""

    @host_function(needs=NOTHING, since=1)
    def get(self, name: EnvName, fallback: str | None = None) -> str | None:
        """Returns a variable.

        name: Name of the variable
        fallback: Returned when it is not set
        returns: Its value
        """
        return self.session.environ.get(name.value, fallback)

    @host_function(needs=NOTHING, since=1)
    def list(self) -> list[str]:
        """Lists the variables that are set and granted.

        returns: Their names, sorted
        """
        return sorted(filter(self.session.grants.grants_env, self.session.environ))
