"""Tools that models and spells can call: the built-in ones and those a spell defines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Required, TypedDict

from bridges._declare import NOTHING, Bridge, host_function
from bridges._timings import timed
from bridges._tools import ToolHandle, Tools, ToolSpec, define
from bridges._types import Callback, Duration

if TYPE_CHECKING:
    from bridges._session import Session


class ToolOptions(TypedDict, total=False):
    """What a tool is.

    name: What models call it: letters, digits, _ and -
    description: What it does and when to use it, for models
    parameters: A JSON Schema, or the short form: name to `{type, required, description, enum …}`
    run: Takes the arguments as one map; what it returns goes to the model
    timeout: How long one call may take
    """

    name: Required[str]
    description: str
    parameters: dict[str, Any]
    run: Required[Callback]
    timeout: Duration


class ToolInfo(TypedDict):
    """What a tool is, as models are told.

    name: What models call it
    description: What it does
    parameters: JSON Schema of its arguments
    builtin: Whether it comes with the program
    """

    name: str
    description: str
    parameters: dict[str, Any]
    builtin: bool


class ToolObject(ToolHandle):
    """A tool; it can stand in an agent's list of tools."""

    name = "Tool"

    def __init__(self, session: Session, spec: ToolSpec) -> None:
        self._session = session
        self.spec = spec

    @host_function(needs=NOTHING, since=1)
    async def call(self, arguments: dict[str, Any] | None = None) -> Any:
        """Runs the tool; its arguments are checked first.

        arguments: The arguments by name
        returns: What the tool gives
        """
        with timed(self._session.timings, "tool", self.spec.name):
            return await self.spec.call(arguments or {}, self._session)

    @host_function(needs=NOTHING, since=1)
    def info(self) -> ToolInfo:
        """Returns what models are told of the tool.

        returns: Name, description and parameters
        """
        return _info(self.spec)


class Tool(Bridge):
    """Defines, finds and calls tools."""

    @host_function(needs=NOTHING, since=1)
    def new(self, options: ToolOptions) -> ToolObject:
        """Defines a tool; agents and `Tool.call` find it by its name from now on.

        options: What the tool is
        returns: The tool
        """
        spec = define(options, "Tool.new")
        self._tools().add(spec)
        return ToolObject(self.session, spec)

    @host_function(needs=NOTHING, since=1)
    async def call(self, tool: str | ToolObject, arguments: dict[str, Any] | None = None) -> Any:
        """Runs a tool; its arguments are checked first.

        tool: A tool or its name
        arguments: The arguments by name
        returns: What the tool gives
        """
        spec = self._tools().find(tool) if isinstance(tool, str) else tool.spec
        with timed(self.session.timings, "tool", spec.name):
            return await spec.call(arguments or {}, self.session)

    @host_function(needs=NOTHING, since=1)
    def list_(self) -> list[ToolInfo]:
        """Returns every tool there is: the built-in ones first.

        returns: What models are told of each
        """
        tools = self._tools()
        return [_info(tools.find(name)) for name in tools.names()]

    @host_function(needs=NOTHING, since=1)
    def get(self, name: str) -> ToolObject:
        """Returns a tool.

        name: Its name
        returns: The tool; an unknown name is an error with code not_found
        """
        return ToolObject(self.session, self._tools().find(name))

    @host_function(needs=NOTHING, since=1)
    def remove(self, name: str) -> None:
        """Takes a tool of the spell away; agents that have it keep it.

        name: Its name
        """
        self._tools().remove(name)

    def _tools(self) -> Tools:
        tools: Tools = self.session.shared(Tools)
        return tools


def _info(spec: ToolSpec) -> ToolInfo:
    return {
        "name": spec.name,
        "description": spec.description,
        "parameters": spec.parameters,
        "builtin": spec.builtin,
    }
