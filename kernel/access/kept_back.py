"""This file keeps back what rules would tell of fields that an operator does not see: their values and words.

The rules hold all the same; only what they say of themselves is less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kernel.access.profile import READ
from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.rules.formula import Formula, formula
from kernel.rules.ruleset import CompiledCheck, CompiledFill, RuleSet
from kernel.rules.transitions import Moves
from kernel.rules.ways import Reading, end, paths
from kernel.runtime import Runtime

SENTENCE = "uma regra lê dados que você não vê"
MESSAGE = "Uma regra, que lê dados que você não vê, não aceita isto; peça ajuda a quem os vê."


def kept_back(
    runtime: Runtime, context: Context, rules: RuleSet, unseen: frozenset[str] = frozenset()
) -> RuleSet:
    """Return rules as an operator is told of them; unseen: entities read of which a record is not seen."""
    profile = context.access.profile
    if profile is None:
        return rules
    seen = seen_by(runtime, profile)
    key = (
        "kept back",
        rules.entity,
        tuple(check.name for check in rules.checks),
        tuple(rules.required),
        unseen,
    )
    made: RuleSet | None = seen.statements.get(key)
    if made is None:
        made = _Keeping(seen, rules.entity, unseen).rules(rules)
        seen.remember(key, made)
    return made


def may_be_told(runtime: Runtime, context: Context, entity: str, formula: Reading) -> bool:
    """Tell whether a value worked out from a record may be shown: all that was read for it is seen.

    What is read of other records counts only where no record of theirs is kept from the operator.
    """
    profile = context.access.profile
    if profile is None:
        return True
    keeping = _Keeping(seen_by(runtime, profile), entity)
    there = {end(runtime.whole, entity, path)[0] for path in paths(runtime.whole, entity, formula)}
    others = (profile.entities[name].record(READ) for name in there if name != entity)
    return keeping.shows(formula) and all(read.is_everything for read in others)


def tells(runtime: Runtime, context: Context, entity: str, formula: Reading, unseen: frozenset[str]) -> bool:
    """Tell whether what a formula comes to for one record may be shown; unseen: as of that record."""
    profile = context.access.profile
    return profile is None or _Keeping(seen_by(runtime, profile), entity, unseen).shows(formula)


class _Keeping:
    """Goes through the rules of one entity; lives only while it runs."""

    def __init__(self, seen: Runtime, entity: str, unseen: frozenset[str] = frozenset()) -> None:
        self.seen = seen
        self.entity = entity
        self.unseen = unseen

    def rules(self, rules: RuleSet) -> RuleSet:
        """Return the rules."""
        return replace(
            rules,
            computed=self.formulas(rules.computed),
            required=self.formulas(rules.required),
            readonly=self.formulas(rules.readonly),
            hidden=self.hidden(rules.hidden),
            checks=tuple(map(self.check, rules.checks)),
            fills=tuple(fill for fill in rules.fills if self.tells(fill)),
            moves=self.moves(rules.moves) if rules.moves else None,
        )

    def moves(self, moves: Moves) -> Moves:
        """Return transitions whose conditions say nothing where they read too much."""
        return replace(
            moves,
            ways={
                way: replace(move, when=self.formula(move.when)) if move.when else move
                for way, move in moves.ways.items()
            },
        )

    def formulas(self, formulas: Mapping[str, Formula]) -> dict[str, Formula]:
        """Return formulas of which those that read too much say nothing."""
        return {name: self.formula(each) for name, each in formulas.items()}

    def hidden(self, formulas: Mapping[str, Formula]) -> dict[str, Formula]:
        """Return what hides fields; what hides a masked one is the part of it that may be told, if any."""
        there = self.seen.entities.get(self.entity)
        fields = there.fields if there else {}
        parts = {
            name: formula(fields[name].hidden_when, self.seen.whole.configuration, self.entity)
            for name in formulas
            if name in fields and fields[name].is_masked and fields[name].hidden_when
        }
        return self.formulas({**formulas, **parts})

    def formula(self, formula: Formula) -> Formula:
        """Return a formula that says nothing where it reads too much."""
        return formula if self.shows(formula) else replace(formula, sentence=SENTENCE, is_told=False)

    def check(self, check: CompiledCheck) -> CompiledCheck:
        """Return a check with a message of its own, or one that says nothing of what it read."""
        told = [check.when, *(piece[0] for piece in check.message if not isinstance(piece, str))]
        if all(map(self.shows, told)):
            return check
        return replace(check, when=replace(check.when, sentence=SENTENCE, is_told=False), message=(MESSAGE,))

    def tells(self, fill: CompiledFill) -> bool:
        """Tell whether all that starts a fill, and the lists that it makes rows of, are shown."""
        fields = self.seen.whole.entities[self.entity].fields
        lists = {path for part in fill.rows if part.each for path in part.each.reads}
        steps = {path[:length] for path in lists for length in range(1, len(path) + 1)}
        started = all(self._shown(self.entity, name) for name in fill.rule.on)
        if not started or (fill.when and not self.shows(fill.when)) or any(p[0] not in fields for p in lists):
            return False
        return all(self._shown(*end(self.seen.whole, self.entity, path)) for path in steps)

    def shows(self, formula: Reading) -> bool:
        """Tell whether all that a formula reads is shown of every record that may be read."""
        whole = self.seen.whole
        ends = {end(whole, self.entity, path) for path in paths(whole, self.entity, formula)}
        return all(self._shown(*part) for part in ends)

    def _shown(self, entity: str, field: str) -> bool:
        profile, there = self.seen.profile, self.seen.entities.get(entity)
        if profile is None or there is None or entity in self.unseen:
            return False
        access = profile.entities[entity]
        return field == "id" or (field in there.fields and access.clear(field) == access.record(READ))
