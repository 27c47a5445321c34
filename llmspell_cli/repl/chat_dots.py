"""The dot commands of the chat."""

from __future__ import annotations

from bridges._conversations.kept import Kept
from bridges._errors import ConfigError, NotFound, SpellError
from llmspell_cli.repl import dot_facts
from llmspell_cli.repl.dots import Dot, dispatch, show_help
from llmspell_cli.repl.tables import table
from llmspell_cli.repl.talker import Talker
from llmspell_cli.terminal import clean

WIDTH = 50
"""Characters of what a conversation began with, in the list."""


async def run(talker: Talker, line: str) -> None:
    """Does what a line says; its errors are shown."""
    try:
        await dispatch(TABLE, talker, line)
    except SpellError as error:
        talker.fail(error)


async def resume(talker: Talker, name: str) -> None:
    """Goes on with a conversation."""
    kept = await talker.chats.load(name)
    if kept.foreign or kept.template:
        talker.face.note(f"warning: {name} was held with an agent; a plain model goes on with it")
    for tool in list(kept.tools):
        try:
            talker.check_tools([tool])
        except NotFound:
            kept.tools.remove(tool)
            talker.face.note(f"warning: {tool} is a tool of the spell, which is not here")
    talker.chat = kept
    talker.set_model(kept.model)
    count = sum(message.get("role") == "user" for message in kept.messages)
    talker.face.note(f"{name}: {count} questions so far; .history shows them")


async def _help(talker: Talker, _rest: str) -> None:
    show_help(talker.face, TABLE)
    talker.face.show("\nAlt-Enter starts a new line, Ctrl-C stops the answer, Ctrl-D leaves.")


async def _exit(talker: Talker, _rest: str) -> None:
    talker.left = 0


async def _new(talker: Talker, name: str) -> None:
    if name and await talker.chats.has(name):
        raise ConfigError(f"there is a conversation {name!r}", hint=f".resume {name}")
    before = talker.chat
    name = name or await talker.chats.new_name()
    talker.chat = Kept(name, before.model, before.system_prompt, list(before.tools))
    talker.face.note(f"a new conversation, {talker.chat.name}")


async def _sessions(talker: Talker, _rest: str) -> None:
    rows = []
    for name, title in await talker.chats.titles():
        mark = " *" if name == talker.chat.name else ""
        first = title.first if len(title.first) <= WIDTH else title.first[: WIDTH - 1] + "…"
        rows.append((name + mark, f"{title.messages}", clean(first)))
    if rows:
        talker.face.show(table(rows, talker.face))
    else:
        talker.face.note("no conversation is kept yet")


async def _resume(talker: Talker, name: str) -> None:
    await resume(talker, name)


async def _delete(talker: Talker, name: str) -> None:
    await talker.chats.delete(name)
    talker.face.note(f"{name} is deleted")
    if name == talker.chat.name:
        await _new(talker, "")


async def _model(talker: Talker, name: str) -> None:
    if name:
        await talker.call_async("Model.info", name)  # raises for one that is not known
        talker.set_model(name)
    talker.face.show(clean(str(talker.call("Model.default"))))


async def _system(talker: Talker, text: str) -> None:
    if text:
        talker.chat.system_prompt = "" if text == "none" else text
    talker.face.show(clean(talker.chat.system_prompt) or "no instructions")


async def _tools(talker: Talker, text: str) -> None:
    if text:
        names = [name.strip() for name in text.split(",") if name.strip()]
        talker.chat.tools = [] if names == ["none"] else talker.check_tools(names)
    talker.face.show(", ".join(talker.chat.tools) or "no tools")


async def _cost(talker: Talker, _rest: str) -> None:
    dot_facts.show_cost(talker.face, talker.session.budget)
    used = talker.chat.usage
    tokens = used["input_tokens"] + used["output_tokens"]
    talker.face.show(f"this conversation so far: {tokens:,} tokens, ${used['cost']:.4f}")


async def _history(talker: Talker, _rest: str) -> None:
    for message in talker.chat.messages:
        role, content = message.get("role"), message.get("content")
        if role in ("user", "assistant") and content:
            talker.face.show(f"{role}: {clean(str(content))}")
    if not talker.chat.messages:
        talker.face.note("nothing was said yet")


async def _clear(talker: Talker, _rest: str) -> None:
    talker.face.clear()


async def _edit(talker: Talker, _rest: str) -> None:
    talker.face.edit(talker.last)


TABLE: dict[str, Dot] = {
    "help": Dot("", "Show this list.", _help),
    "exit": Dot("", "Leave; Ctrl-D does too.", _exit),
    "new": Dot("[NAME]", "Begin another conversation.", _new),
    "sessions": Dot("", "Show the conversations that are kept.", _sessions),
    "resume": Dot("NAME", "Go on with one of them.", _resume),
    "delete": Dot("NAME", "Delete one of them.", _delete),
    "model": Dot("[NAME]", "Show the model, or ask another one.", _model),
    "system": Dot("[TEXT|none]", "Show or set the instructions for the model.", _system),
    "tools": Dot("[A,B|none]", "Show or set the tools it may use.", _tools),
    "cost": Dot("", "Show what was used so far.", _cost),
    "history": Dot("", "Show the conversation.", _history),
    "edit": Dot("", "Write the last message anew in $EDITOR.", _edit),
    "clear": Dot("", "Clear the screen.", _clear),
}
"""Every command of the chat, in the order of `.help`."""
