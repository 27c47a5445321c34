"""A workflow as scripts hold it, for nouns that take one without importing its module."""

from __future__ import annotations

from bridges._declare import HostObject
from bridges._workflow.specs import Spec


class WorkflowHandle(HostObject):
    """A workflow; the noun's own module adds the methods."""

    name = "Workflow"
    spec: Spec
