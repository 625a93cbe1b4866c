"""This file reads a decision model and answers what its decisions come to, for given inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kernel.dmn import xml
from kernel.dmn.boxed import Boxes
from kernel.dmn.types import Types
from kernel.dmn.xml import NAME, Element, child, children, tag_of
from kernel.expression.evaluate import evaluate
from kernel.expression.scope import Exhausted, Run, Scope
from kernel.expression.values import Callee

INPUT, DECISION, KNOWLEDGE, SERVICE = "inputData", "decision", "businessKnowledgeModel", "decisionService"
KINDS = (INPUT, DECISION, KNOWLEDGE, SERVICE)
REQUIRED = (
    "requiredDecision", "requiredInput", "requiredKnowledge", "outputDecision", "encapsulatedDecision",
    "inputDecision",
)  # fmt: skip


class Model:
    """One model: its elements by name and by id."""

    def __init__(self, content: bytes, now: datetime) -> None:
        self.root = xml.read(content)
        self.now = now
        self.types = Types(self.root, lambda: Run(now))
        spoken = frozenset(each.get(NAME, "") for each in self.root.iter() if isinstance(each.tag, str))
        self.boxes = Boxes(self.types, spoken)
        elements = list(children(self.root, *KINDS))
        self.by_name = {each.get(NAME, ""): each for each in elements}
        self.by_id = {each.get("id", ""): each for each in elements}

    def ask(self, name: str, inputs: Mapping[str, Any]) -> Any:
        """Return what a decision, or a service called with the inputs, comes to.

        Null where the model goes round in circles, does too much, or refers to what it does not have.
        """
        try:
            return self._asked(name, inputs)
        except (Exhausted, RecursionError, LookupError):
            return None

    def _asked(self, name: str, inputs: Mapping[str, Any]) -> Any:
        element = self.by_name[name]
        asking = _Asking(self, inputs)
        if tag_of(element) == SERVICE:
            callee = asking.service(element)
            return callee.call([inputs.get(parameter) for parameter, _ in callee.parameters])
        return asking.value(element)


class _Asking:
    """One question to a model: each element is worked out once."""

    def __init__(self, model: Model, inputs: Mapping[str, Any], known: Mapping[str, Any] = {}) -> None:
        self.model = model
        self.inputs = inputs
        self.found: dict[str, Any] = dict(known)
        self.run = Run(model.now)

    def value(self, element: Element) -> Any:
        """Return the value of an element; a circle has none."""
        name = element.get(NAME, "")
        if name not in self.found:
            self.found[name] = None
            self.found[name] = _VALUES[tag_of(element)](self, element)
        return self.found[name]

    def _variable_type(self, element: Element) -> str | None:
        variable = child(element, "variable")
        return variable.get("typeRef") if variable is not None else None

    def input(self, element: Element) -> Any:
        value = self.inputs.get(element.get(NAME, ""))
        return self.model.types.of(self._variable_type(element)).conform(value)

    def decision(self, element: Element) -> Any:
        closure = self.model.boxes.first(element)
        value = evaluate(closure, self.run, self.scope(element))
        return self.model.types.of(self._variable_type(element)).conform(value)

    def knowledge(self, element: Element) -> Any:
        logic = child(element, "encapsulatedLogic")
        if logic is None:
            return None
        result = self.model.types.of(self._variable_type(element))
        kind = result if not result.is_function else self.model.types.of(None)
        return self.model.boxes.function(logic, kind)(self.run, self.scope(element))

    def service(self, element: Element) -> Callee:
        """Return a decision service as a function of its inputs."""
        parts = {tag: [self._at(each) for each in children(element, tag)] for tag in
                 ("inputData", "inputDecision", "outputDecision")}  # fmt: skip
        asked = [*parts["inputData"], *parts["inputDecision"]]
        names = tuple((each.get(NAME, ""), None) for each in asked)
        result = self.model.types.of(self._variable_type(element))

        def call(arguments: Sequence[Any]) -> Any:
            given = {name: value for (name, _), value in zip(names, arguments, strict=False)}
            decided = {each.get(NAME, ""): given.get(each.get(NAME, "")) for each in parts["inputDecision"]}
            inner = _Asking(self.model, given, decided)
            outputs = [(each.get(NAME, ""), inner.value(each)) for each in parts["outputDecision"]]
            value = outputs[0][1] if len(outputs) == 1 else dict(outputs)
            return result.conform(value)

        return Callee(names, call)

    def _at(self, reference: Element) -> Element:
        return self.model.by_id[reference.get("href", "").rpartition("#")[2]]

    def scope(self, element: Element) -> Scope:
        """Return what an element sees: what it requires, and nothing else."""
        seen: dict[str, Any] = {}
        for requirement in children(element, "informationRequirement", "knowledgeRequirement"):
            for reference in children(requirement, *REQUIRED):
                needed = self.model.by_id.get(reference.get("href", "").rpartition("#")[2])
                if needed is not None:
                    seen[needed.get(NAME, "")] = self.value(needed)
        return Scope(seen)


_VALUES: dict[str, Any] = {
    INPUT: _Asking.input, DECISION: _Asking.decision, KNOWLEDGE: _Asking.knowledge, SERVICE: _Asking.service,
}  # fmt: skip
