"""Read one `platform.yaml`: the data that says how a kind of application is recognised, built and started.

The format is explained for its users in docs/platforms.md. Everything that is wrong in a file is told at once,
each with its line; a platform that was read has no mistake left that could be seen without an application.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.platform_section import ImageSection, read_image
from beanstalk.source.document import Node, read_document
from beanstalk.source.reader import Reader

Pairs = tuple[tuple[str, str], ...]
"""A mapping that keeps its order and stays frozen."""

PLACEHOLDER = re.compile(r"\{\{\s*([^\s{}]+)\s*\}\}")
"""`{{name}}` in a command: a value of the platform, one of GIVEN, a member of a JSON file, or the path of a file that
a pattern with `*` finds."""

GIVEN = frozenset({"grace_seconds", "address"})
"""Values every platform can use without declaring them. address: what to listen on."""

FILE_NAME = "platform.yaml"


@dataclass(frozen=True, slots=True)
class Value:
    """A configuration option that commands may use. rewrite: (regular expression, replacement), in order."""

    name: str
    namespace: str
    option: str
    rewrite: Pairs


@dataclass(frozen=True, slots=True)
class Web:
    """The `web` process of an application that has no such line in a Procfile.

    when: conditions that all hold.  build: commands the build needs only when this process is used.
    """

    when: tuple[str, ...]
    command: str
    build: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to build. Chosen when all of `when` hold and, if there are any, one of `when_any`.

    files: patterns of what is copied from the version.  follow: regular expressions whose first group
    is the path of one more file or folder, looked for in the copied files.  skip: there is nothing to build.
    """

    when: tuple[str, ...]
    when_any: tuple[str, ...]
    files: tuple[str, ...]
    follow: tuple[str, ...]
    commands: tuple[str, ...]
    links: Pairs
    skip: bool


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is built for an application: `before`, then the commands of the first choice that fits.

    properties: patterns of environment properties that the commands see, and that are part of the key.
    """

    tools: Pairs
    identify: tuple[str, ...]
    environment: Pairs
    properties: tuple[str, ...]
    path: tuple[str, ...]
    before: tuple[str, ...]
    choose: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform folder. `name` is the folder's; `order` ranks detection, lowest first.

    also_called: patterns of other names, matched without case.  web_missing: what to tell a person whose
    application nothing of `web` fits.  sample: (name in the bundle, file in the folder).  containers: the bundle says
    itself which containers to run.  image: None when it runs as processes only.
    """

    name: str
    folder: Path
    title: str
    branch: str
    version: str
    also_called: tuple[str, ...]
    order: int
    detect: tuple[str, ...]
    environment: Pairs
    values: tuple[Value, ...]
    web: tuple[Web, ...]
    web_missing: str
    build: Preparation | None
    sample: Pairs
    containers: bool = False
    image: ImageSection | None = None


def read_platform(folder: Path) -> Platform:
    """Read `folder`/platform.yaml. Raises InvalidInput with all problems, file and line."""
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput([Problem(f"cannot be read: {error}", Where(str(path)))]) from error
    return parse_platform(text, folder)


def parse_platform(text: str, folder: Path) -> Platform:
    """`folder` gives the name, and the sample files that must exist. Raises InvalidInput as read_platform does."""
    reader = _PlatformReader(str(folder / FILE_NAME))
    document = read_document(reader.path, text.encode())
    platform = reader.platform(document.root, folder)
    reader.repeated(document)
    if reader.problems:
        raise InvalidInput(sorted(reader.problems, key=lambda problem: problem.at or Where(reader.path)))
    return platform


class _PlatformReader(Reader):
    """The shape of the file: which keys, and what each holds."""

    def platform(self, root: Node | None, folder: Path) -> Platform:
        known = (
            "title", "branch", "version", "also_called", "detect", "environment",
            "values", "web", "web_missing", "build", "sample", "containers", "image",
        )  # fmt: skip
        top = self.fields(root, "a platform", known, required=("title", "branch", "version", "detect"))
        detect = self.fields(top.get("detect"), "detect", ("order", "any"), required=("order", "any"))
        values = tuple(self.value(name, node) for name, node in self.items(top.get("values")))
        names = {value.name for value in values} | GIVEN
        return Platform(
            name=folder.name,
            folder=folder,
            title=self.text(top.get("title")),
            branch=self.text(top.get("branch")),
            version=self.text(top.get("version")),
            also_called=self.texts(top.get("also_called")),
            order=self.integer(detect.get("order")),
            detect=self.texts(detect.get("any")),
            environment=self.pairs(top.get("environment")),
            values=values,
            web=self.each(top.get("web"), lambda node: self.web(node, names)),
            web_missing=self.text(top.get("web_missing")),
            build=self.preparation(top["build"], names) if "build" in top else None,
            sample=self.sample(top.get("sample"), folder),
            containers=self.boolean(top.get("containers")),
            image=self.image(top["image"], folder, names) if "image" in top else None,
        )

    def image(self, node: Node, folder: Path, names: set[str]) -> ImageSection:
        return read_image(self, node, folder, lambda each: self.web(each, names))

    def value(self, name: str, node: Node) -> Value:
        known = ("namespace", "option", "rewrite")
        fields = self.fields(node, f"the value {name}", known, required=known[:2])
        rewrite = self.each(fields.get("rewrite"), self.rewrite)
        return Value(name, self.text(fields.get("namespace")), self.text(fields.get("option")), rewrite)

    def rewrite(self, node: Node) -> tuple[str, str]:
        fields = self.fields(node, "rewrite", ("pattern", "with"), required=("pattern", "with"))
        return self.pattern(fields.get("pattern")), self.text(fields.get("with"))

    def web(self, node: Node, names: set[str]) -> Web:
        fields = self.fields(node, "a web process", ("when", "command", "build"), required=("command",))
        return Web(
            self.texts(fields.get("when")),
            self.command(fields.get("command"), names),
            self.commands(fields.get("build"), names),
        )

    def preparation(self, node: Node, names: set[str]) -> Preparation:
        known = ("tools", "identify", "environment", "properties", "path", "before", "choose")
        fields = self.fields(node, "build", known, required=("choose",))
        return Preparation(
            tools=self.pairs(fields.get("tools")),
            identify=self.texts(fields.get("identify")),
            environment=self.pairs(fields.get("environment")),
            properties=self.texts(fields.get("properties")),
            path=self.texts(fields.get("path")),
            before=self.commands(fields.get("before"), names),
            choose=self.each(fields.get("choose"), lambda each: self.choice(each, names)),
        )

    def choice(self, node: Node, names: set[str]) -> Choice:
        known = ("when", "when_any", "files", "follow", "commands", "links", "skip")
        fields = self.fields(node, "a choice", known)
        return Choice(
            when=self.texts(fields.get("when")),
            when_any=self.texts(fields.get("when_any")),
            files=self.texts(fields.get("files")),
            follow=self.each(fields.get("follow"), self.follow),
            commands=self.commands(fields.get("commands"), names),
            links=self.pairs(fields.get("links")),
            skip=self.boolean(fields.get("skip")),
        )

    def follow(self, node: Node) -> str:
        pattern = self.pattern(node)
        if pattern and re.compile(pattern).groups != 1:
            self.wrong(node, "follow needs exactly one group: the path", "make the others (?:…)")
        return pattern

    def sample(self, node: Node | None, folder: Path) -> Pairs:
        for _, file in self.items(node):
            name = self.text(file)
            if Path(name).name != name or not (folder / name).is_file():
                self.wrong(file, f"{name} is not a file beside this one")
        return self.pairs(node)

    def commands(self, node: Node | None, names: set[str]) -> tuple[str, ...]:
        return self.each(node, lambda each: self.command(each, names))

    def command(self, node: Node | None, names: set[str]) -> str:
        command = self.text(node)
        for name in PLACEHOLDER.findall(command):
            if "#" not in name and "*" not in name and name not in names:
                self.wrong(node, f"no value is called {name}", self.meant(name, sorted(names)))
        return command
