"""Which fields of an event a rule shows (R35). Masking happens when an entry is served."""

from __future__ import annotations

from collections.abc import Mapping

from services.datasync.domain.sharing import FieldClass, Rule, Shown

SEALED_CLASSES = frozenset({FieldClass.PERSONAL, FieldClass.CONFIDENTIAL})


def shown(rule: Rule | None, name: str, field_class: FieldClass, confidential: bool) -> Shown:
    """How one field is served; `confidential` says that the caller asked to stay unnamed.

    Without a rule (it was withdrawn since) only the envelope is left: every field is absent.
    """
    if rule is None or name in rule.omit:
        return Shown.ABSENT
    if confidential and field_class is FieldClass.PERSONAL:
        field_class = FieldClass.CONFIDENTIAL
    return rule.fields.get(field_class, Shown.ABSENT)


def hidden(
    rule: Rule | None, classes: Mapping[str, FieldClass], confidential: bool
) -> frozenset[str]:
    """The fields that are left out."""
    return frozenset(
        name for name, c in classes.items() if shown(rule, name, c, confidential) is Shown.ABSENT
    )


def opened(
    rule: Rule | None, classes: Mapping[str, FieldClass], confidential: bool
) -> frozenset[str]:
    """The sealed fields that are served in plain where the way allows it."""
    return frozenset(
        name
        for name, c in classes.items()
        if c in SEALED_CLASSES and shown(rule, name, c, confidential) is Shown.PLAIN
    )
