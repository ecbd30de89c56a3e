"""What changed in the rules between two versions of a dataset."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from lake_assets.contracts.changes import Change, compatible, others, replay
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.rule import Rule, Severity, parse_expression


def rule_changes(old: Dataset, new: Dataset, renamed: Mapping[str, str]) -> Iterator[Change]:
    """The changes of rules, in the order of the old contract, then what is new.

    Args:
        old, new: the versions.
        renamed: old name -> new name of columns that are the same.
    """
    after = {rule.name: rule for rule in new.rules}
    severities = list(Severity)
    for rule in old.rules:
        where = f"rules.{rule.name}"
        now = after.pop(rule.name, None)
        if now is None:
            yield compatible(where, "removed: looser. Rows that it rejected can be replayed")
            continue
        if meaning(rule.expression, renamed) != meaning(now.expression, {}):
            yield replay(
                f"{where}.expression",
                f"was `{rule.expression}`, is `{now.expression}`: rows that are there were judged "
                "by the old one",
            )
        if rule.severity != now.severity:
            looser = severities.index(now.severity) < severities.index(rule.severity)
            make, what = (compatible, "looser") if looser else (replay, "stricter")
            yield make(f"{where}.severity", f"was {rule.severity}, is {now.severity}: {what}")
        if rule.reason != now.reason:
            yield replay(
                f"{where}.reason",
                f"was {rule.reason}, is {now.reason}: rejects that are there have the old one",
            )
        told = {"name", "expression", "severity", "reason"}
        yield from others(f"{where}.", dict(rule), dict(now), told=told, remarks={"description"})
    for rule in after.values():
        yield _new_rule(rule)
    names = {rule.name for rule in new.rules}
    kept = [rule.name for rule in old.rules if rule.name in names]
    if kept != [rule.name for rule in new.rules if rule.name in kept]:
        yield compatible("rules", "in another order: so are the reasons of new rejects")


def _new_rule(rule: Rule) -> Change:
    where = f"rules.{rule.name}"
    if rule.severity is Severity.WARN:
        return compatible(where, "a new rule, which only warns")
    return replay(where, f"a new rule, `{rule.expression}`: rows that are there were not judged")


def meaning(expression: str, renamed: Mapping[str, str]) -> str:
    """An expression as it is read: spaces, case of words and renamed columns do not count."""

    def rename(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in renamed:
            return exp.column(renamed[node.name])
        return node

    return parse_expression(expression).transform(rename).sql()
