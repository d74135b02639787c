"""A reference to nothing is refused before anything is made."""

from __future__ import annotations

from ministack.services.cloudformation import changesets, engine, handlers


def apply() -> None:
    before = engine.validate_template_support

    def validate(template, *arguments, **named):
        if "Transform" not in template:
            _refuse_dangling(template)
        return before(template, *arguments, **named)

    for module in (engine, changesets, handlers):
        module.validate_template_support = validate


def _refuse_dangling(template):
    known = set(template.get("Resources") or {}) | set(template.get("Parameters") or {})
    asked = {name for part in ("Resources", "Outputs") for name in _asked(template.get(part) or {})}
    missing = sorted(name for name in asked - known if not name.startswith("AWS::"))
    if missing:
        raise ValueError(
            f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the Resources block "
            "of the template"
        )


def _asked(value):
    """Names behind every Ref and Fn::GetAtt of a value."""
    if isinstance(value, list):
        for each in value:
            yield from _asked(each)
    elif isinstance(value, dict):
        if len(value) == 1:
            if isinstance(value.get("Ref"), str):
                yield value["Ref"]
            attribute = value.get("Fn::GetAtt")
            first = attribute.split(".")[0] if isinstance(attribute, str) else (attribute or [None])[0]
            if isinstance(first, str):
                yield first
        for each in value.values():
            yield from _asked(each)
