"""What answers in a conversation, and what summarizes it: read from options, made when needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridges._agents.agent import AgentHandle
from bridges._agents.making import SpecAgent, as_agent
from bridges._conversations.kept import Kept
from bridges._conversations.talk import KEEP, PROMPT, Summarize, Talk
from bridges._errors import InvalidArgument
from bridges._tools import ToolHandle

if TYPE_CHECKING:
    from bridges._session import Session

_OWN = ("model", "system_prompt", "tools")


class Maker:
    """Makes the agent of a conversation when it is first asked for, and returns it from then on."""

    def __init__(self, make: Callable[[], AgentHandle]) -> None:
        self._make = make
        self._agent: AgentHandle | None = None

    def __call__(self) -> AgentHandle:
        if self._agent is None:
            self._agent = self._make()
        return self._agent


def agent_of(session: Session, kept: Kept, options: Mapping[str, Any], where: str) -> Maker:
    """Returns what makes the agent that options name, and notes in `kept` what can be kept of it.

    kept: says what answers, where the options do not
    """
    given = options.get("agent")
    if given is None:
        _note_own(kept, options)
        own: Any = {"name": "conversation", "tools": options.get("tools", kept.tools)}
        own |= {name: getattr(kept, name) for name in ("model", "system_prompt")}
        made: Any = {name: value for name, value in own.items() if value}
        if "agent" not in options and not any(name in options for name in _OWN):
            return Maker(lambda: _kept_agent(session, kept, made, where))
        return _now(as_agent(session, made, where))
    both = [session.spell_name(name) for name in _OWN if name in options]
    if both:
        raise InvalidArgument(f"{where}: with an agent, {both[0]} belongs to the agent's options")
    agent = as_agent(session, given, where)
    _note_agent(kept, given, agent)
    return _now(agent)


def _now(agent: AgentHandle) -> Maker:
    return Maker(lambda: agent)


def _note_own(kept: Kept, options: Mapping[str, Any]) -> None:
    for name in ("model", "system_prompt"):
        if name in options:
            setattr(kept, name, options[name])
    if "tools" in options:
        kept.tools = [
            tool.spec.name if isinstance(tool, ToolHandle) else tool for tool in options["tools"]
        ]


def _note_agent(kept: Kept, given: Any, agent: AgentHandle) -> None:
    kept.model, kept.system_prompt, kept.tools = "", "", []
    kept.template, kept.foreign = "", False
    if isinstance(given, str):
        kept.template = given
    elif isinstance(agent, SpecAgent):
        kept.model = agent.spec.model or ""
        kept.system_prompt = agent.spec.system_prompt
        kept.tools = [tool.name for tool in agent.spec.tools]
    else:
        kept.foreign = True


def _kept_agent(session: Session, kept: Kept, made: Any, where: str) -> AgentHandle:
    if kept.foreign:
        raise InvalidArgument(
            f"{where}: this conversation was held with an agent that only its own run had",
            hint="say with the option agent what answers now",
        )
    return as_agent(session, kept.template or made, where)


def summarize_of(
    session: Session, talk: Talk, options: Mapping[str, Any] | None, where: str
) -> Summarize:
    """Returns how a conversation is summarized.

    options: of `Conversation.summarize`; None is how the conversation does it, or else the usual
    """
    if options is None:
        if talk.summarize is not None:
            return talk.summarize
        options = {}
    keep = options.get("keep", KEEP)
    if keep < 1:
        raise InvalidArgument(f"{where}: keep must be at least 1, got {keep}")
    given = options.get("agent")
    if given is not None:
        if "model" in options or "prompt" in options:
            raise InvalidArgument(f"{where}: with an agent, model and prompt are the agent's")
        return Summarize(keep, _now(as_agent(session, given, where)))
    prompt, model = options.get("prompt", PROMPT), options.get("model")

    def make() -> AgentHandle:
        own: Any = {"name": "summary", "system_prompt": prompt}
        chosen = model or _model_of(talk)
        if chosen:
            own["model"] = chosen
        return as_agent(session, own, where)

    return Summarize(keep, Maker(make))


def _model_of(talk: Talk) -> str | None:
    agent = talk.agent()
    return agent.spec.model if isinstance(agent, SpecAgent) else None
