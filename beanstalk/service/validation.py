"""Everything that is wrong with a project, a bundle or a file, at once; and what becomes of it here.

A pure function of paths, modes and contents. What is on a disk or in a zip is fetched by `validation_input`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from beanstalk.errors import InvalidInput, Problem, UsageError, Where
from beanstalk.model import OptionSetting
from beanstalk.options.catalogue import catalogue
from beanstalk.options.circumstances import FAMILIES, Circumstances, family
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.options.resolve import resolve
from beanstalk.scripts import container_commands, notes_for_processes
from beanstalk.service.configuration import RECOMMENDED, Stored, layers_of
from beanstalk.service.validation_containers import Fetch, tell_containers
from beanstalk.service.validation_effects import Found, effects
from beanstalk.service.validation_files import AT_ROOT, Beside, FileKind, Read, kind_of, read_all_extensions, read_one
from beanstalk.service.validation_homes import AWS, CONTAINERS, HERE_AS_PROCESSES, LOCAL, PROCESS, Home, home_here
from beanstalk.service.validation_homes_aws import FARGATE, home_on_aws
from beanstalk.service.validation_report import RULES, Effect, Finding, Findings, Report, Severity, printable
from beanstalk.source import content
from beanstalk.source.hooks import HEAD_BYTES, Hook, HookFile, read_hooks
from beanstalk.source.platform_folder import ProxyFile, read_platform_folder
from beanstalk.source.project_file import COMMITTED, OWN, ProjectFile, read_project_file
from beanstalk.source.project_file import FOLDER as PROJECT_FOLDER
from beanstalk.source.recognise import (
    COMPOSE,
    DOCKERFILE,
    DOCKERRUN,
    Ignored,
    Kind,
    Present,
    Recognised,
    recognise,
)
from beanstalk.source.saved import SUFFIX as SAVED_SUFFIX

__all__ = [
    "RULES", "Effect", "FileKind", "Finding", "Findings", "Report", "Severity", "SourceFile",
    "kind_of", "validate", "validate_file", "wanted_bytes",
]  # fmt: skip

SAVED_FOLDER = f"{PROJECT_FOLDER}/saved_configs"
PROJECT_FILES = (f"{PROJECT_FOLDER}/{OWN}", f"{PROJECT_FOLDER}/{COMMITTED}")
"""The stronger one first."""
CONTAINER_FILES = (COMPOSE, DOCKERFILE, DOCKERRUN)
_MOST_TOLD = 100
_QUOTED = re.compile(r"""(?:the link )?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """mode: 0o644, 0o755 or 0o120777 (a link, whose content is its target). content: b"" of what nobody looks into."""

    path: str
    mode: int = content.FILE
    content: bytes = b""


LONGEST = (2 << 20) + 1
"""Every reader refuses fewer bytes than these."""


def wanted_bytes(path: str) -> int:
    """How much of the beginning of this file matters; 0 when nobody looks into it."""
    if path in AT_ROOT or path in PROJECT_FILES or _is_saved(path):
        return LONGEST
    if _is_configuration_file(path) and path.endswith(".config"):
        return LONGEST
    return HEAD_BYTES if path.startswith(".platform/") else 0


def validate(
    files: Sequence[SourceFile],
    more: Iterable[Finding] = (),
    target: str = LOCAL,
    mode: str = "",
    fetch: Fetch | None = None,
) -> Report:
    """A whole project. more: what was found while it was fetched.  target, mode: where it shall live, see `home_of`.
    fetch: gives what `files` leave out, such as a Dockerfile; None: they have it all."""
    findings = Findings([*more])
    packed = [file.path for file in files if not file.path.startswith(f"{PROJECT_FOLDER}/")]
    _structure(files, packed, findings)
    texts = _texts(files, findings)
    options, extensions = read_all_extensions(
        [(path, text) for path, text in texts.items() if _is_configuration_file(path)]
    )
    findings.add("ebextensions", options.problems, options.warnings)
    read = _read_root(packed, texts, options.settings)
    recognised = _recognised(packed, read, mode)
    home = home_of(target, mode, recognised.winner, options.settings)
    _tell_root(recognised, read, findings, home)
    project = _project(texts, findings)
    named = project.platform or read.get(FileKind.MANIFEST, Read()).platform
    looks_like = FAMILIES.get(recognised.winner, "") if recognised.winner else ""
    circumstances = Circumstances(family(named) if named else looks_like)
    configuration = _options(_as_created(Layer.EBEXTENSIONS, options.settings), circumstances, findings)
    if FileKind.MANIFEST in read:
        _options(_as_created(Layer.SAVED, read[FileKind.MANIFEST].settings), circumstances, findings)
    for path, text in texts.items():
        if _is_saved(path):
            _alone(FileKind.SAVED, path, text, findings)
    hooks, proxies = _platform_folder(files, packed, findings)
    if configuration is not None and home is HERE_AS_PROCESSES:
        commands, unknown = container_commands(extensions, configuration)
        findings.add("ebextensions", (), [*unknown, *notes_for_processes(commands)])
    if configuration is not None and recognised.winner in CONTAINERS and home.mode != PROCESS and not home.missing:
        there = {file.path: file for file in files}
        modes = [(path, there[path].mode) for path in packed]
        fetch = fetch or (lambda path: there[path].content)
        tell_containers(modes, recognised.winner, configuration, target == AWS, fetch, findings)
    applied, ignored = effects(Found(recognised, read, extensions, configuration, hooks, proxies), home)
    if project.artifact:
        why = f"{project.artifact} is deployed instead of these files: validate that, too"
        applied = (Effect("deploy: artifact", Where(f"{PROJECT_FOLDER}/{OWN}"), why), *applied)
    return printable(Report(findings.sorted(), recognised, named, home, applied, ignored))


def validate_file(path: str, text: bytes, kind: FileKind | None = None) -> Report:
    """One file by itself. kind: when the name does not say it. Raises UsageError when nothing reads such a file."""
    kind = kind or kind_of(path)
    if kind is None:
        hint = "name a folder, a zip, a .config file, or one of " + ", ".join(AT_ROOT) + f", *{SAVED_SUFFIX}"
        raise UsageError(f"{path} is no file of Elastic Beanstalk, by its name", hint=hint)
    findings, name = Findings(), path.rpartition("/")[2]
    _tell_names(recognise([name]).ignored, findings)
    if kind is FileKind.EBEXTENSIONS and not name.endswith(".config"):
        name += ".config"
    _alone(kind, name, text, findings)
    return printable(Report(findings.sorted()), path)


def _alone(kind: FileKind, path: str, text: bytes, findings: Findings) -> None:
    read = read_one(kind, path, text, Beside())
    findings.add(kind, read.problems, read.warnings)
    layer = Layer.EBEXTENSIONS if kind is FileKind.EBEXTENSIONS else Layer.SAVED
    if read.settings:
        layers = {layer: read.settings} if kind is FileKind.SAVED else _as_created(layer, read.settings)
        _options(layers, Circumstances(), findings)


def home_of(target: str, mode: str, winner: Kind | None, settings: Sequence[OptionSetting] = ()) -> Home:
    """Where a bundle lives. mode: of this machine, "" for the one that its files ask for.  settings: of its files."""
    if target != AWS:
        return home_here(mode, winner)
    said = [each.value for each in settings if (each.namespace, each.name) == ("beanstalk:aws", "LaunchType")]
    return home_on_aws(winner, said[-1] if said else FARGATE)


def _recognised(packed: Sequence[str], read: Mapping[FileKind, Read], mode: str) -> Recognised:
    """What the bundle looks like. As processes it is what it is without its files for containers."""
    version = read[FileKind.DOCKERRUN].version if FileKind.DOCKERRUN in read else None
    if mode != PROCESS:
        return recognise(packed, version)
    left = [path for path in packed if path not in CONTAINER_FILES]
    gone = [Present(Kind.DOCKERFILE, path) for path in packed if path in CONTAINER_FILES]
    found = recognise(left)
    told = [Ignored(each.path, "--mode process runs no containers") for each in gone]
    return replace(found, present=(*found.present, *gone), ignored=(*found.ignored, *told))


def _project(texts: Mapping[str, bytes], findings: Findings) -> ProjectFile:
    """The files of the EB CLI about the project as one."""
    found = ProjectFile({})
    for path in reversed([path for path in PROJECT_FILES if path in texts]):
        try:
            each = read_project_file(path, texts[path])
        except InvalidInput as error:
            findings.add(FileKind.PROJECT, error.problems, error.warnings)
            continue
        findings.add(FileKind.PROJECT, each.problems, each.warnings)
        found = each.over(found)
    return found


def _structure(files: Sequence[SourceFile], packed: Sequence[str], findings: Findings) -> None:
    """packed: without the folder of the EB CLI, which is never in a bundle."""
    paths = [file.path for file in files]
    findings.add("bundle", _placed(content.check_names(paths), "rename it, or leave it out"))
    links = {file.path: file.content.decode(errors="surrogateescape") for file in files if file.mode == content.LINK}
    hint = "make the link relative to something in the project, or leave it out"
    findings.add("bundle", _placed(content.check_links(links), hint))
    if single := content.check_root(packed):
        hint = f"pack what is inside {single}/: the application has to be at the top of its bundle"
        findings.add("bundle", [Problem(f"everything is inside the folder {single}/", Where(single), hint)])
    if not packed and not findings.all:
        findings.add("bundle", [Problem("there is no file", hint="pack the folder that has your application")])


def _placed(problems: Iterable[Problem], hint: str) -> Iterator[Problem]:
    """With the name that the text begins with as the place, and no more of them than anybody reads."""
    for number, problem in enumerate(problems):
        if number == _MOST_TOLD:
            yield Problem(f"more than {_MOST_TOLD} problems like these")
            return
        quoted = _QUOTED.match(problem.text)
        yield Problem(problem.text, Where(ast.literal_eval(quoted[1])) if quoted else None, hint)


def _texts(files: Sequence[SourceFile], findings: Findings) -> dict[str, bytes]:
    """The files to look into, without links, which nobody follows."""
    wanted = [file for file in files if wanted_bytes(file.path) or _is_configuration_file(file.path)]
    links = [file.path for file in wanted if file.mode == content.LINK and not file.path.startswith(".platform/")]
    hint = "put the file itself there"
    findings.add(
        "bundle", [Problem("is a symbolic link, which is not looked into", Where(path), hint) for path in links]
    )
    return {file.path: file.content for file in wanted if file.mode != content.LINK}


def _is_saved(path: str) -> bool:
    """A saved configuration, private or committed."""
    folder, _, name = path.rpartition("/")
    return folder in (PROJECT_FOLDER, SAVED_FOLDER) and name.endswith(SAVED_SUFFIX)


def _is_configuration_file(path: str) -> bool:
    """What Elastic Beanstalk reads, and what looks as if it would."""
    return path.startswith(".ebextensions/") and (path.count("/") == 1 or path.endswith(".config"))


def _read_root(
    paths: Sequence[str], texts: Mapping[str, bytes], settings: Sequence[OptionSetting]
) -> dict[FileKind, Read]:
    """Every file at the root that has a reader."""
    dockerfile = "Dockerfile" in paths
    variables = {each.name: each.value for each in settings if each.namespace.endswith(":application:environment")}
    if ".env" in texts:
        variables = dict(read_one(FileKind.ENV_FILE, ".env", texts[".env"], Beside()).pairs)
    beside = Beside(dockerfile, frozenset(paths), variables)
    return {
        kind: read_one(kind, name, texts[name], beside)
        for name, kind in AT_ROOT.items()
        if name in texts and (kind is not FileKind.ENV_FILE or "docker-compose.yml" in texts)
    }


def _tell_root(recognised: Recognised, read: Mapping[FileKind, Read], findings: Findings, home: Home) -> None:
    """What the readers of the root say. What nobody looks at there is a warning at most."""
    present = {sign.path for sign in recognised.present}
    for kind, found in read.items():
        unread = recognised.winner in (*CONTAINERS, Kind.CUSTOM) and kind in (FileKind.PROCFILE, FileKind.BUILDFILE)
        unread = unread or (home.mode == PROCESS and kind in (FileKind.DOCKERRUN, FileKind.COMPOSE, FileKind.ENV_FILE))
        findings.add(kind, () if unread else found.problems, [*(found.problems if unread else ()), *found.warnings])
    _tell_names([each for each in recognised.ignored if each.path not in present], findings)
    if recognised.winner is None:
        hint = "put the application at the root, or add a Procfile with a line `web: command`"
        findings.add("recognition", (), [Problem(recognised.because, hint=hint)])


def _tell_names(odd: Iterable[Ignored], findings: Findings) -> None:
    """What has nearly the name that Elastic Beanstalk looks for."""
    hint = "rename it, if it is meant"
    findings.add("recognition", (), [Problem(each.reason, Where(each.path), hint) for each in odd])


def _as_created(layer: Layer, settings: Sequence[OptionSetting]) -> Mapping[Layer, Sequence[OptionSetting]]:
    """With what `create` recommends besides, so that both say the same of what is left out."""
    recommended = [Stored(each, Layer.RECOMMENDED) for each in RECOMMENDED]
    return layers_of([*recommended, *(Stored(each, layer) for each in settings)], ())


def _options(
    layers: Mapping[Layer, Sequence[OptionSetting]], circumstances: Circumstances, findings: Findings
) -> Configuration | None:
    """Check the settings; None when even those that are right by themselves do not go together."""
    try:
        found = resolve(layers, circumstances)
    except InvalidInput as error:
        findings.add("option", error.problems, error.warnings)
        right = {
            layer: [each for each in said if not catalogue().check(each, hints=False)] for layer, said in layers.items()
        }
        try:
            return resolve(right, circumstances)
        except InvalidInput:
            return None
    findings.add("option", (), found.warnings)
    return found


def _platform_folder(
    files: Sequence[SourceFile], paths: Sequence[str], findings: Findings
) -> tuple[Sequence[Hook], Sequence[ProxyFile]]:
    folder = read_platform_folder(paths)
    proxies = {file.path for file in folder.proxy_files}
    told = [each for each in folder.warnings if not (each.at and each.at.path in proxies)]
    findings.add("platform-folder", (), told)
    programs = [HookFile(file.path, file.mode, file.content[:HEAD_BYTES]) for file in files]
    try:
        hooks = read_hooks(programs)
    except InvalidInput as error:
        findings.add("hook", error.problems, error.warnings)
        wrong = {problem.at.path for problem in error.problems if problem.at}
        return read_hooks([file for file in programs if file.path not in wrong]).all, folder.proxy_files
    findings.add("hook", (), hooks.warnings)
    return hooks.all, folder.proxy_files
