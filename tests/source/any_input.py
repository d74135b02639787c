"""Every reader of what is in a bundle by its name, and inputs for them: what is right, broken in a few places.

Used by the tests for seconds and by scripts/fuzz.py for as long as one likes.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from beanstalk.cli.findings import as_json, as_sarif, as_text
from beanstalk.errors import Where
from beanstalk.service.validation import FileKind, Report, SourceFile, validate, validate_file
from beanstalk.source import content as bundle_content
from beanstalk.source.bundle import read_bundle, remove_unpacked, unpack_bundle
from beanstalk.source.dockerfile import needs_buildkit, read_dockerfile
from beanstalk.source.dockerfile_stages import exposed_ports, find_stage, health_check, read_stages
from beanstalk.source.dockerrun import DockerrunV2, read_dockerrun
from beanstalk.source.ebextensions import read_extensions
from beanstalk.source.evaluate import Lookup, resolve
from beanstalk.source.functions import Value, to_json
from beanstalk.source.hooks import HookFile, read_hooks
from beanstalk.source.ignore import decide, read_ignore_file
from beanstalk.source.image_name import unfilled, why_not_an_image
from beanstalk.source.manifest import expand, read_manifest
from beanstalk.source.platform_folder import read_platform_folder
from beanstalk.source.project_file import read_project_file
from beanstalk.source.recognise import recognise
from beanstalk.source.saved import SavedConfiguration, read_saved, write_list, write_saved
from beanstalk.source.schedule import NotASchedule, read_schedule
from beanstalk.source.template_keys import SECTIONS, Template
from beanstalk.source.values import value_of
from tests.source.zips import honest_zip

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent.parent / "ebextensions_examples"
FILE = b"\n\x00FILE "
"""Begins a file in the input for a whole bundle: its name follows, then a line end and its content."""


def _validated(kind: FileKind, name: str) -> Callable[[bytes], object]:
    return lambda content: _shown(validate_file(name, content, kind))


def _shown(report: Report) -> tuple[bytes, ...]:
    """In every form in which it is printed."""
    forms = as_text(report), json.dumps(as_json(report, "x")), json.dumps(as_sarif(report, Path("x")))
    return tuple(form.encode() for form in forms)


def _extensions(content: bytes) -> object:
    """Read together with what is known of the options, and every value worked out."""
    _shown(validate_file("01.config", content, FileKind.EBEXTENSIONS))
    found = read_extensions([(".ebextensions/01.config", content)])
    template = found.template
    lookup = Lookup(
        option=lambda namespace, name: next(
            (each.value for each in found.settings if (each.namespace, each.name) == (namespace, name)), None
        ),
        parameters=template.parameters,
        mappings=template.mappings,
        conditions=template.conditions,
    )
    values: list[Value] = [value_of(each.value, Where("01.config")) for each in found.settings[:1000]]
    values += [template.resources, template.outputs, *(file.content for file in found.files)]
    printed = _printed(template)
    again = read_extensions([(".ebextensions/01.config", json.dumps(printed).encode())])
    assert _printed(again.template) == printed
    return [resolve(value, lookup) for value in values]


def _printed(template: Template) -> dict[str, object]:
    sections = ((name, to_json(getattr(template, name.lower()))) for name in SECTIONS)
    return {name: content for name, content in sections if content}


def _dockerrun(content: bytes) -> object:
    _shown(validate_file("Dockerrun.aws.json", content, FileKind.DOCKERRUN))
    found = read_dockerrun("Dockerrun.aws.json", content)
    again = read_dockerrun("Dockerrun.aws.json", json.dumps(found.raw.plain()).encode())
    assert again.raw.plain() == found.raw.plain()
    if isinstance(found, DockerrunV2) and isinstance(again, DockerrunV2):
        assert (again.containers, again.volumes) == (found.containers, found.volumes)
    return found


def _saved(content: bytes) -> object:
    _shown(validate_file("a.cfg.yml", content, FileKind.SAVED))
    first = read_saved("a.cfg.yml", content)
    again = read_saved("a.cfg.yml", write_saved(first).encode())
    assert _bare(again) == _bare(first)
    return read_saved("a.cfg.yml", write_list(first.settings).encode())


def _bare(saved: SavedConfiguration) -> SavedConfiguration:
    """Without places, warnings and order."""
    settings = sorted((replace(each, at=None) for each in saved.settings), key=str)
    return replace(saved, settings=tuple(settings), warnings=())


def _manifest(content: bytes) -> object:
    _shown(validate_file("env.yaml", content, FileKind.MANIFEST))
    return expand(read_manifest(content), "dev")


def _dockerfile(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    stages = read_stages(read_dockerfile(text))
    return find_stage(stages), exposed_ports(stages), health_check(stages), needs_buildkit(text)


def _hooks(content: bytes) -> object:
    """The first line is the name."""
    name, _, head = content.partition(b"\n")
    path = ".platform/" + name.decode("utf-8", "surrogateescape")
    return read_hooks([HookFile(path, 0o755, head), HookFile(".platform/hooks/prebuild/a", 0o644, content)])


def _names(content: bytes) -> object:
    paths = [line[:65_535] for line in content.decode("utf-8", "surrogateescape").split("\n")]
    list(bundle_content.check_names(paths))
    list(bundle_content.check_links({path: paths[-1 - n] for n, path in enumerate(paths)}))
    read_platform_folder(paths)
    return recognise(paths, 2)


def _ignore(content: bytes) -> object:
    rules = read_ignore_file(content.decode("utf-8", "surrogateescape"), ".ebignore")
    return [decide((rules,), path) for path in ("a", "a/b/c.py", "a" * 200, "a/" * 50, ".env", "node_modules/")]


def _zip(content: bytes) -> object:
    with tempfile.TemporaryDirectory(prefix="any-input-") as scratch:
        path = Path(scratch, "a.zip")
        path.write_bytes(content)
        unpack_bundle(read_bundle(path), unpacked := Path(scratch, "unpacked"))
        remove_unpacked(unpacked)
    return None


def _bundle(content: bytes) -> object:
    files = []
    for part in content.split(FILE)[1:]:
        name, _, text = part.partition(b"\n")
        files.append(SourceFile(name.decode("utf-8", "surrogateescape")[:65_535], 0o644, text))
    return _shown(validate(files))


def _schedule(content: bytes) -> object:
    try:
        return read_schedule(content.decode("utf-8", "replace")).never
    except NotASchedule as error:
        return str(error)


def _text(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    return resolve(value_of(text, Where("text")), Lookup()), why_not_an_image(text), unfilled(text)


def _project(content: bytes) -> object:
    file = read_project_file("config.yml", content)
    return file.over(file).of_branch("main", "environment"), file.application, file.platform, file.target, file.artifact


READERS: dict[str, Callable[[bytes], object]] = {
    "ebextensions": _extensions,
    "dockerrun": _dockerrun,
    "compose": _validated(FileKind.COMPOSE, "docker-compose.yml"),
    "dockerfile": _dockerfile,
    "env_file": _validated(FileKind.ENV_FILE, ".env"),
    "procfile": _validated(FileKind.PROCFILE, "Procfile"),
    "buildfile": _validated(FileKind.BUILDFILE, "Buildfile"),
    "cron": _validated(FileKind.CRON, "cron.yaml"),
    "manifest": _manifest,
    "saved": _saved,
    "custom_platform": _validated(FileKind.PLATFORM, "platform.yaml"),
    "hooks": _hooks,
    "names": _names,
    "ignore": _ignore,
    "zip": _zip,
    "schedule": _schedule,
    "text": _text,
    "project": _project,
    "bundle": _bundle,
}
"""Each either gives a value or raises a BeanstalkError."""

_KINDS = {
    "ebextensions": "ebextensions", "dockerrun": "dockerrun-v1 dockerrun-v2", "compose": "docker-compose",
    "cron": "cron.yaml", "manifest": "env.yaml", "saved": "saved-config", "project": "eb-config",
}  # fmt: skip
_AT = {
    "ebextensions": ".ebextensions/01.config", "dockerrun": "Dockerrun.aws.json", "compose": "docker-compose.yml",
    "env_file": ".env", "procfile": "Procfile", "buildfile": "Buildfile", "cron": "cron.yaml",
    "manifest": "env.yaml", "saved": ".elasticbeanstalk/saved_configs/a.cfg.yml", "custom_platform": "platform.yaml",
    "hooks": ".platform/hooks/prebuild/01.sh", "names": ".platform/nginx/conf.d/a.conf",
}  # fmt: skip
_NAMED = {"names": "recognise", "text": "functions", "schedule": "cron", "zip": "bundle", "project": "project_file"}


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """What its tests write, the examples, and files of the collection at $BEANSTALK_CORPUS."""
    found = [_zipped()] if name == "zip" else [*_in_tests(name)]
    if name == "ebextensions":
        found += [path.read_bytes() for path in sorted(EXAMPLES.glob("*.config"))]
        for other in ("functions", "host_reader", "file_reader", "command_reader", "template_keys", "across_files"):
            found += _in_tests(other)
    if name == "bundle":
        found = [b"".join(FILE + _AT[each].encode() + b"\n" + seeds(each)[-1] for each in _AT)]
    if corpus := os.environ.get("BEANSTALK_CORPUS"):
        with Path(corpus, "INDEX.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] in _KINDS.get(name, "").split()]
        found += [Path(corpus, row["file"]).read_bytes() for row in rows]
    return tuple(dict.fromkeys(found)) or (b"",)


def _in_tests(name: str) -> Iterator[bytes]:
    """Every longer text in the tests of that reader."""
    for path in sorted(TESTS.glob(f"test_{_NAMED.get(name, name)}*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and len(node.value) > 8:
                yield node.value if isinstance(node.value, bytes) else node.value.encode("utf-8", "surrogatepass")


def _zipped() -> bytes:
    with tempfile.TemporaryDirectory(prefix="any-input-") as scratch:
        files: dict[str, bytes | tuple[bytes, int]] = {
            "a/b.py": b"x" * 50,
            "link": (b"a/b.py", 0o120777),
            "run.sh": (b"#!/bin/sh", 0o100755),
        }
        return honest_zip(Path(scratch, "a.zip"), files).read_bytes()


NASTY = (
    b"1:30:59.9", b"0o17", b"0644", b"1_000", b"9" * 400, b"1e999", b"-1e-999", b".inf", b".nan", b"~", b"null",
    b"=", b"&a ", b"*a", b"<<: *a\n", b"&a [*a]", b"!Ref x", b"!Sub ${a}", b"!!python/object/apply:os.system [ls]",
    b"!!binary x", b"!!set {a}", b"!!map [a]", b"!", b"!<x> ", b'`{"Ref": "a"}`',
    b'`{"Fn::Join": ["", ["`{\\"Ref\\": \\"b\\"}`"]]}`', b'`{"Fn::GetOptionSetting": {"OptionName": "A"}}`',
    b"`{Ref:", b"${a:-${b:-${c}}}", b"$", b"$$", b"${", b"${a?b}", b"{{a}}", b"<TAG>", b"YOUR IMAGE", b"\x00",
    b"\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xff", b"\\ud83d", b'"\\ud83d\\ude00"',
    b"\\U00110000", b"%YAML 9.9\n---\n", b"---\n", b"...\n", b"\t", b"\r", b"\r\n", b"\xc2\xa0", b"'", b'"', b"|",
    b">-\n", b"|9\n", b"? ", b": ", b"- ", b"{", b"}", b"[", b"]", b",", b"#", b" #", b"@", b"*/0 1-99999 * * L#3",
    b"* * 30 2 *", b"0-59/1,*,5 * * * MON-SUN", b"a" * 300, b"/", b"..", b"../..", b"\\", b"export ", b"Fn::",
    b"Fn::If", b"Fn::Sub", b"Conditions", b"Resources", b"option_settings", b"aws:autoscaling:asg", b"AWS::Region",
    b'{"Ref": "a"}', b'["a", "b"]', b"true", b"No", b"2026-01-02", b"[]", b"{}", b"''", b"http://[",
    b"https://a/b.zip", b"(a+)+$", b"(" * 60, b"[a-", b"\\1", b"**/*", b"!*", b"a*" * 30 + b"b", b"=", b"\n",
    b"\n\n", b"  ",
)  # fmt: skip
_TOKEN = re.compile(rb"[\w.:/-]+")


def broken(chance: random.Random, name: str) -> bytes:
    """One of the seeds, changed in a few places."""
    return changed(chance, name, chance.choice(seeds(name)))


def changed(chance: random.Random, name: str, content: bytes) -> bytes:
    """Another input made of this one; most often small, sometimes large."""
    own = seeds(name)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 10))):
        content = chance.choice(_CHANGES)(chance, content, chance.choice(own))
    return _repeated(chance, content, 1_200_000) if chance.random() < 0.03 else content


def _lines(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Take a line out, put one in, or indent it otherwise."""
    lines, others = content.split(b"\n"), other.split(b"\n")
    at = chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        case 2:
            start = chance.randrange(len(others))
            lines[at:at] = others[start : start + chance.randint(1, 8)]
        case 3:
            lines[at] = b" " * chance.randint(1, 4) + lines[at]
        case _:
            lines[at] = lines[at].lstrip()
    return b"\n".join(lines)


def _token(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Put something else where a word is."""
    words, others = [*_TOKEN.finditer(content)], _TOKEN.findall(other)
    if not words:
        return content + chance.choice(NASTY)
    word = chance.choice(words)
    new = chance.choice(others) if others and chance.random() < 0.4 else chance.choice(NASTY)
    keep = chance.choice((b"", b"", word[0]))
    return content[: word.start()] + keep + new + content[word.end() :]


def _bytes(chance: random.Random, content: bytes, other: bytes) -> bytes:
    at, length = chance.randint(0, len(content)), chance.choice((0, 1, 1, 2, 8, 64))
    start = chance.randint(0, len(other))
    new = (chance.choice(NASTY), chance.randbytes(chance.randint(0, 3)), other[start : start + 40])[chance.randrange(3)]
    return content[:at] + new + content[at + length :]


def _nested(chance: random.Random, content: bytes, _: bytes) -> bytes:
    """Brackets around a part of it."""
    at, end = sorted((chance.randint(0, len(content)), chance.randint(0, len(content))))
    deep, (opening, closing) = chance.choice((1, 2, 49, 1000, 50_000)), chance.choice(_BRACKETS)
    return content[:at] + opening * deep + content[at:end] + closing * deep + content[end:]


_BRACKETS = (
    (b"[", b"]"), (b"{a: ", b"}"), (b'{"Fn::Not": [', b"]}"), (b'{"Fn::Join": ["", [', b"]]}"), (b"- ", b""),
    (b"? ", b""), (b"${a:-", b"}"), (b"`", b"`"), (b"(", b")"), (b"'", b"'"),
)  # fmt: skip


def _repeated(chance: random.Random, content: bytes, most: int = 3_000) -> bytes:
    """A part of it very often."""
    at, end = sorted((chance.randint(0, len(content)), chance.randint(0, len(content))))
    if chance.random() < 0.5:
        at, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", end) + 1 or len(content)
    part = content[at:end] or b"a"
    times = chance.randint(2, max(2, most // len(part)))
    if chance.random() < 0.5:
        return content[:at] + b"".join(part.replace(b"a", b"%d" % n) for n in range(times)) + content[end:]
    return content[:at] + part * times + content[end:]


def _whole(chance: random.Random, content: bytes, other: bytes) -> bytes:
    match chance.randrange(7):
        case 0:
            return content.replace(b"\n", b"\r\n")
        case 1:
            return b"\xef\xbb\xbf" + content
        case 2:
            return content.decode("utf-8", "replace").encode("utf-16")
        case 3:
            return content.replace(b"  ", b"\t")
        case 4:
            return content[: chance.randint(0, len(content))]
        case 5:
            return content + b"\n" + other
        case _:
            return content.replace(b"\n", b" ")


_CHANGES: Sequence[Callable[[random.Random, bytes, bytes], bytes]] = (
    _lines, _lines, _token, _token, _token, _bytes, _nested, _whole,
    lambda chance, content, _: _repeated(chance, content),
)  # fmt: skip
