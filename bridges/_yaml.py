"""The only module that reads YAML: plain data of bounded size, and the line each part is on.

Tags make no objects, and an alias counts each time it is used.
"""

from __future__ import annotations

from typing import Any

from bridges._errors import InvalidArgument

MAX_NODES = 20_000
MAX_DEPTH = 64


def parse(text: str, shown: str) -> tuple[Any, dict[str, int]]:
    """Returns the data of a YAML text, and lines by place (`steps[2].tool`; the whole is "").

    shown: what messages call the file
    """
    import yaml

    loader: Any = None
    try:
        loader = yaml.SafeLoader(text)
        reader = _Reader(loader, shown)
        compose = loader.compose_node

        def counted(parent: Any, index: Any) -> Any:
            reader.count()  # while they are read: reading many takes long
            return compose(parent, index)

        loader.compose_node = counted
        node = loader.get_single_node()
        reader.nodes = 0
        return (None if node is None else reader.read(node, "", 0)), reader.lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{shown}:{mark.line + 1}" if mark else shown
        raise InvalidArgument(f"{place}: {error.problem or 'this is not YAML'}") from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise InvalidArgument(f"{shown}: this is not YAML: {reason}") from None
    except RecursionError:
        raise InvalidArgument(f"{shown} is nested too deep") from None
    except ValueError as error:  # such as the date 2024-99-99
        raise InvalidArgument(f"{shown}: {error}") from None
    finally:
        if loader is not None:
            loader.dispose()


class _Reader:
    def __init__(self, loader: Any, shown: str) -> None:
        self._loader = loader
        self._shown = shown
        self.nodes = 0
        self.lines: dict[str, int] = {}

    def read(self, node: Any, place: str, depth: int) -> Any:
        self.count()
        line = node.start_mark.line + 1
        self.lines[place] = line
        if depth > MAX_DEPTH:
            raise InvalidArgument(f"{self._shown}:{line}: nested more than {MAX_DEPTH} deep")
        if node.id == "mapping":
            return self._map(node, place, depth)
        if node.id == "sequence":
            parts = enumerate(node.value, 1)
            return [self.read(part, f"{place}[{i}]", depth + 1) for i, part in parts]
        return self._scalar(node)

    def count(self) -> None:
        """Counts a value; raises InvalidArgument when there are too many."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise InvalidArgument(f"{self._shown}: more than {MAX_NODES} values")

    def _map(self, node: Any, place: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, part in node.value:
            name, line = self._scalar(key), key.start_mark.line + 1
            if not isinstance(name, str):
                raise InvalidArgument(f"{self._shown}:{line}: the key {name!r} must be text")
            if name in found:
                raise InvalidArgument(f"{self._shown}:{line}: {name!r} stands here twice")
            inside = f"{place}.{name}" if place else name
            found[name] = self.read(part, inside, depth + 1)
            self.lines[inside] = line
        return found

    def _scalar(self, node: Any) -> Any:
        if node.id != "scalar":
            line = node.start_mark.line + 1
            raise InvalidArgument(f"{self._shown}:{line}: a key must be text")
        if node.tag == "tag:yaml.org,2002:timestamp":
            return node.value  # as text: dates do not cross to a spell
        return self._loader.construct_object(node)
