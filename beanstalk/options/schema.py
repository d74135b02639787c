"""The JSON Schema of option settings: python -m beanstalk.options.schema > docs/schema/option_settings.schema.json

For editors and other tools; it knows what a single option takes, not what goes together. It takes everything that
`Catalogue.check` takes, however YAML reads it: `true` and "true", 80 and "80". Draft 2020-12.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from beanstalk.options.catalogue import ANY_NAME, PROPERTIES, Catalogue, Namespace, Option, catalogue
from beanstalk.source.json_schema import read_schema

Schema = dict[str, Any]

_SCALAR = ["string", "number", "boolean", "null"]
_BOOLEAN = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
_FUNCTION: Schema = {
    "description": "a function that CloudFormation evaluates",
    "anyOf": [
        {"type": "string", "pattern": "`\\s*\\{[\\s\\S]*\\}\\s*`"},
        {"type": "object", "propertyNames": {"pattern": "^(Ref|Fn::.+)$"}, "minProperties": 1, "maxProperties": 1},
    ],
}
_REFERENCE: Schema = {"$ref": "#/$defs/function"}
_SHARED: dict[str, Schema] = {
    "function": _FUNCTION,
    "boolean": {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": _BOOLEAN}, _REFERENCE]},
    "arn": {"anyOf": [{"type": ["string", "null"], "pattern": "^$|^arn:"}, _REFERENCE]},
    "secret": {"anyOf": [{"type": "string", "pattern": "^(arn|file|command):"}, _REFERENCE]},
    "json": {"type": ["string", "object", "array", "number", "boolean"]},
}
_CODES = "[0-9]{3}(-[0-9]{3})?"


def schema(known: Catalogue) -> Schema:
    """The whole document: for `option_settings` of a `.config` file and `OptionSettings` of a saved configuration."""
    shorthand = known.namespaces[PROPERTIES].name_pattern.replace(":", "")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Option settings of Elastic Beanstalk",
        "description": "option_settings of a file in .ebextensions, OptionSettings of a saved configuration.",
        "type": "object",
        "properties": {
            "option_settings": {"$ref": "#/$defs/option_settings"},
            "OptionSettings": {"$ref": "#/$defs/mapping", "unevaluatedProperties": False},
        },
        "$defs": {
            **_SHARED,
            "option_settings": {
                "anyOf": [
                    {"type": "null"},
                    {
                        "type": "object",
                        "$ref": "#/$defs/mapping",
                        "patternProperties": {f"^{shorthand}$": {"not": {"type": ["object", "array"]}}},
                        "unevaluatedProperties": False,
                    },
                    {"type": "array", "items": {"$ref": "#/$defs/item"}},
                ]
            },
            "mapping": _mapping(known),
            "item": _item(known),
            **{each.name: _namespace(known, each) for each in known.namespaces.values()},
        },
    }


def _mapping(known: Catalogue) -> Schema:
    """`namespace: {option: value}`; the name of a resource may stand before the namespace."""
    plain = [each for each in known.namespaces.values() if not each.segment and not each.by_resource]
    return {
        "type": ["object", "null"],
        "properties": {each.name: _to(each) for each in plain},
        "patternProperties": {_pattern(each, each.by_resource): _to(each) for each in known.namespaces.values()},
    }


def _pattern(namespace: Namespace, needs_resource: bool = False) -> str:
    """The keys that mean this namespace; `Day.aws:…` has the name of a resource before it."""
    resource = "[^:]+\\." if needs_resource else "([^:]+\\.)?"
    free = f"(?!default$){namespace.segment}" if namespace.segment else ""
    return f"^{resource}{re.escape(namespace.stem)}{free}$"


def _item(known: Catalogue) -> Schema:
    """`{namespace?, option_name, value, resource_name?}`: which options and values depends on the namespace."""
    cases = []
    for each in known.namespaces.values():
        condition: Schema = {"properties": {"namespace": {"pattern": _pattern(each)}}}
        if each.name != PROPERTIES:
            condition["required"] = ["namespace"]
        cases.append({"if": condition, "then": _names(each)})
    return {
        "type": "object",
        "properties": {
            "namespace": {
                "type": "string",
                "anyOf": [{"pattern": _pattern(each)} for each in known.namespaces.values()],
            },
            "option_name": {"type": ["string", "number", "boolean"]},
            "value": {},
            "resource_name": {"type": "string"},
        },
        "required": ["option_name", "value"],
        "additionalProperties": False,
        "allOf": cases,
    }


def _names(namespace: Namespace) -> Schema:
    listed = {**dict.fromkeys(namespace.options), **dict.fromkeys(namespace.aliases)}
    free = listed.pop(ANY_NAME, "none") is None
    names: Schema = {"pattern": _whole(namespace.name_pattern)} if free else {"enum": list(listed)}
    cases: list[Schema] = [
        {
            "if": {"properties": {"option_name": {"const": name}}},
            "then": {"properties": {"value": {"$ref": f"{_to(namespace)['$ref']}/properties/{_escaped(name)}"}}},
        }
        for name in listed
        if name not in namespace.options or _value(namespace.options[name])
    ]
    if free and (value := _value(namespace.options[ANY_NAME])):
        others = {"properties": {"option_name": {"not": {"enum": list(listed)}}}}
        cases.append({"if": others, "then": {"properties": {"value": value}}})
    return {"properties": {"option_name": names}, **({"allOf": cases} if cases else {})}


def _namespace(known: Catalogue, namespace: Namespace) -> Schema:
    properties = {name: _option(option) for name, option in namespace.options.items() if name != ANY_NAME}
    for alias, home in namespace.aliases.items():
        properties[alias] = {"$ref": f"{_to(known.namespaces[home])['$ref']}/properties/{_escaped(alias)}"}
    result: Schema = {"description": namespace.about, "type": ["object", "null"], "properties": properties}
    if ANY_NAME in namespace.options:
        result["patternProperties"] = {_whole(namespace.name_pattern): _option(namespace.options[ANY_NAME])}
    result["additionalProperties"] = False
    if namespace.deprecated:
        result["deprecated"] = True
    return result


def _option(option: Option) -> Schema:
    result: Schema = {"description": option.about}
    if option.default is not None:
        result["default"] = option.default
    if option.deprecated:
        result |= {"deprecated": True, "description": f"{option.about}. Deprecated: {option.deprecated}"}
    if option.lenient:
        return result | ({"examples": list(option.values)} if option.values else {})
    return result | _value(option)


def _value(option: Option) -> Schema:
    """What YAML may make of a fitting value."""
    match option.type:
        case "boolean":
            return {"$ref": "#/$defs/boolean"}
        case "integer" | "number":
            return _any_of(*_number(option))
        case "enum":
            return _any_of({"enum": [form for value in option.values for form in _forms(value)]})
        case "comma-list":
            return _any_of(*_list(option))
        case "codes":
            single = {"type": "integer", "minimum": option.minimum, "maximum": option.maximum}
            return _any_of(single, {"type": "string", "pattern": f"^{_CODES}(,{_CODES})*$"}, {"type": "array"})
        case "arn":
            return {"$ref": "#/$defs/arn"}
        case "secret":
            return {"$ref": "#/$defs/secret"}
        case "duration":
            return _any_of({"type": "string", "pattern": "^PT(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?$"})
        case "json" if option.schema:
            document = {key: value for key, value in read_schema(option.schema).items() if key != "$schema"}
            return _any_of({"type": "string"}, document)
        case "json":
            return {"$ref": "#/$defs/json"}
        case _:
            return _text(option)


def _number(option: Option) -> list[Schema]:
    whole = option.type == "integer"
    if option.values:
        return [{"enum": [form for value in option.values for form in _forms(value)]}]
    plain: Schema = {"type": "integer" if whole else "number"}
    if option.minimum is not None:
        plain["minimum"] = option.minimum
    if option.maximum is not None:
        plain["maximum"] = option.maximum
    return [plain, {"type": "string", "pattern": "^[-+]?[0-9]+$" if whole else "^[-+]?[0-9]+(\\.[0-9]+)?$"}]


def _list(option: Option) -> list[Schema]:
    entries: Schema = {"type": "array"}
    if option.values:
        entries["items"] = {"enum": list(option.values)}
    if option.max_items:
        entries["maxItems"] = option.max_items
    text: Schema = {"type": _SCALAR}
    if option.values:
        one = "|".join(re.escape(value) for value in option.values)
        text = {"type": ["string", "null"], "pattern": f"^[\\s,]*(({one})\\s*(,[\\s,]*|$))*$"}
    return [text, entries]


def _text(option: Option) -> Schema:
    """A text may stand as anything in YAML: what is no text becomes one."""
    result: Schema = {}
    if option.max_length is not None:
        result["maxLength"] = option.max_length
    if option.pattern:
        result["pattern"] = _whole(option.pattern)
    return _any_of(result) if result else {}


def _any_of(*schemas: Schema) -> Schema:
    return {"anyOf": [*schemas, _REFERENCE]}


def _forms(value: str) -> list[Any]:
    """The text, and what YAML reads where it stands without quotes."""
    forms: list[Any] = [value]
    if re.fullmatch(r"[0-9]+", value):
        forms.append(int(value))
    elif re.fullmatch(r"[0-9]+\.[0-9]+", value):
        forms.append(float(value))
    elif value in ("true", "false"):
        forms.append(value == "true")
    return forms


def _whole(pattern: str) -> str:
    """A pattern of Python for the whole value, a line end included, as ECMAScript has it."""
    return "^(" + re.sub(r"(?<!\\)\.(?=[*+{])", r"[\\s\\S]", pattern) + ")$"


def _to(namespace: Namespace) -> Schema:
    return {"$ref": f"#/$defs/{_escaped(namespace.name)}"}


def _escaped(name: str) -> str:
    """A name as a part of a JSON pointer in the fragment of an address."""
    name = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    return name.replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")


def dump(known: Catalogue) -> str:
    """The document as text, one definition a line."""
    whole = schema(known)
    definitions = whole.pop("$defs")
    head = json.dumps(whole, indent=2)[:-2]
    lines = [
        f"    {json.dumps(name)}: {json.dumps(content, ensure_ascii=False)}" for name, content in definitions.items()
    ]
    return f'{head},\n  "$defs": {{\n' + ",\n".join(lines) + "\n  }\n}\n"


if __name__ == "__main__":
    sys.stdout.write(dump(catalogue()))
