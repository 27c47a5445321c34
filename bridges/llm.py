"""Single requests to language models, without an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument
from bridges._permissions import NetUrl, ReadPath
from bridges._types import Duration, StreamOf, text_record

if TYPE_CHECKING:
    from bridges._llm.completions import Image, Question

IMAGE_TYPES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
"""How image files begin."""
MAX_IMAGE = 20 * 1024 * 1024
"""Bytes of one image: no provider takes more."""


class LLMMessage(TypedDict, total=False):
    """One message of a conversation.

    role: Who says it: system, user or assistant
    content: What is said
    """

    role: Literal["system", "user", "assistant"]
    content: str


class LLMOptions(TypedDict, total=False):
    """What is asked, and how.

    model: Model name or alias; without it the default model answers
    prompt: The question; instead of messages
    messages: The conversation so far, ending with what the user says now
    system: Instructions for the model
    schema: JSON Schema (or its short form) that the answer must fit; the data is in `output`
    images: Image files to look at
    image_urls: Addresses of images to look at; the provider fetches them
    temperature: How freely the model chooses words, 0 for the least
    max_tokens: The longest answer, in tokens
    top_p: Share of likely words to choose from, 0 to 1
    stop: Texts that end the answer
    seed: A number that makes answers repeatable where the provider can
    timeout: The longest the request may take, retries included
    retries: How often it is tried again when that may help
    """

    model: str
    prompt: str
    messages: list[LLMMessage]
    system: str
    schema: dict[str, Any]
    images: list[ReadPath]
    image_urls: list[NetUrl]
    temperature: float
    max_tokens: int
    top_p: float
    stop: list[str]
    seed: int
    timeout: Duration
    retries: int


class LLMUsage(TypedDict):
    """Tokens and requests that were used.

    input_tokens: Tokens that were sent
    output_tokens: Tokens that came back
    total_tokens: Both together
    requests: Requests that were made
    """

    input_tokens: int
    output_tokens: int
    total_tokens: int
    requests: int


@text_record
class LLMResult(TypedDict, total=False):
    """An answer; it acts as its text.

    text: The answer; with a schema, the data as JSON
    output: The data that fits the schema
    usage: Tokens and requests used
    cost: US dollars; absent when the price is not known
    model: The model that answered
    finish_reason: Why the answer ended: stop, length, content_filter or error
    duration: Seconds it took
    """

    text: str
    output: Any
    usage: LLMUsage
    cost: float
    model: str
    finish_reason: str
    duration: float


class LLMEmbedOptions(TypedDict, total=False):
    """What is turned into vectors, and how.

    model: Name or alias of an embedding model, such as openai:text-embedding-3-small
    input: A text, or a list of texts
    timeout: The longest the request may take, retries included
    retries: How often it is tried again when that may help
    """

    model: str
    input: str | list[str]
    timeout: Duration
    retries: int


class LLMVectors(TypedDict, total=False):
    """Vectors of texts.

    vectors: One list of numbers for each text, in order
    model: The model that made them
    usage: Tokens and requests used
    cost: US dollars; absent when the price is not known
    """

    vectors: list[list[float]]
    model: str
    usage: LLMUsage
    cost: float


class LLM(Bridge):
    """Asks language models single questions. For tools and several steps, use Agent."""

    @host_function(needs=NOTHING, since=1)
    async def complete(
        self, prompt: str | LLMOptions, options: LLMOptions | None = None
    ) -> LLMResult:
        """Asks a model and waits for the whole answer.

        prompt: The question as text, or all options with `prompt` or `messages` in them
        options: Further options when the question is text
        returns: The answer, which acts as its text
        """
        asked = _merged(prompt, options)
        question = _question(asked)
        from bridges._llm.models import open_model

        model = await open_model(self.session, asked.get("model"))
        from bridges._llm.completions import complete

        found: Any = await complete(model, question)
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=1)
    async def stream(
        self, prompt: str | LLMOptions, options: LLMOptions | None = None
    ) -> StreamOf[str, LLMResult]:
        """Asks a model and gives the answer's text piece by piece as it comes.

        prompt: The question as text, or all options with `prompt` or `messages` in them
        options: Further options when the question is text
        returns: Pieces of text; the whole answer is the stream's result
        """
        asked = _merged(prompt, options)
        question = _question(asked)
        from bridges._llm.models import open_model

        model = await open_model(self.session, asked.get("model"))
        from bridges._llm.completions import stream
        from bridges.stream import Stream

        opened: Any = Stream(stream(model, question))
        return opened  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=1)
    async def embed(
        self,
        input: str | list[str] | LLMEmbedOptions,
        options: LLMEmbedOptions | None = None,
    ) -> LLMVectors:
        """Turns texts into vectors whose nearness is nearness of meaning.

        input: A text, a list of texts, or all options with `input` in them
        options: Further options when the first argument is text
        returns: The vectors, one for each text
        """
        asked: Any = {**(input if isinstance(input, dict) else {"input": input}), **(options or {})}
        texts = asked.get("input")
        texts = [texts] if isinstance(texts, str) else texts
        if not texts:
            raise InvalidArgument("LLM.embed: there is no input", hint="pass a text or some texts")
        if "model" not in asked:
            raise InvalidArgument(
                "LLM.embed: model is missing",
                hint="name an embedding model, such as openai:text-embedding-3-small",
            )
        settings = {}
        for name, setting in (("timeout", "timeout"), ("retries", "max_retries")):
            if name in asked:
                settings[setting] = asked[name]
        from bridges._llm.embeddings import embed

        found: Any = await embed(self.session, asked["model"], texts, settings)
        return found  # type: ignore[no-any-return]


def _merged(prompt: Any, options: Any) -> dict[str, Any]:
    given = {"prompt": prompt} if isinstance(prompt, str) else prompt
    asked: dict[str, Any] = {**given, **(options or {})}
    if ("prompt" in asked) == ("messages" in asked):
        wrong = "either prompt or messages, not both" if "prompt" in asked else "a prompt"
        raise InvalidArgument(f"LLM needs {wrong}", hint="pass text, or a list as `messages`")
    return asked


def _question(asked: dict[str, Any]) -> Question:
    from bridges._agents.agent import check_settings, turn_of
    from bridges._llm.completions import Question
    from bridges._llm.shapes import SETTINGS
    from bridges._schema import to_json_schema

    check_settings(asked, "LLM")
    said = asked["prompt"] if "prompt" in asked else asked["messages"]
    schema = asked.get("schema")
    if schema is not None:
        schema = to_json_schema(schema, "LLM: schema", all_required=True)
    images = [_image(path) for path in asked.get("images", [])]
    return Question(
        turn_of(said, [], "LLM"),
        asked.get("system"),
        schema,
        (*images, *(_linked(url) for url in asked.get("image_urls", []))),
        {name: asked[name] for name in SETTINGS if name in asked},
    )


def _image(path: ReadPath) -> Image:
    from bridges import _io
    from bridges._llm.completions import Image

    data = _io.read_bytes(path, MAX_IMAGE, path.value)
    kind = next((kind for start, kind in IMAGE_TYPES.items() if data.startswith(start)), None)
    if kind is None:
        raise InvalidArgument(
            f"{path.value!r} is not an image", hint="use a PNG, JPEG, GIF or WebP file"
        )
    return Image(data, kind)


def _linked(url: NetUrl) -> Image:
    from bridges._llm.completions import Image

    return Image(url=url.value)
