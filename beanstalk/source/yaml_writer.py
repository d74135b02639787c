"""Values -> YAML that is read back as the same values."""

from __future__ import annotations

import re
from typing import Any

import yaml

_UNUSUAL = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff]")


def write_yaml(value: Any) -> str:
    """Mappings in their order, lists, texts, booleans, whole numbers and None, as `document.plain` gives them."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text


class _Dumper(yaml.SafeDumper):
    """Texts with characters that YAML would fold or drop are written with escapes. No aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _UNUSUAL.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent)
