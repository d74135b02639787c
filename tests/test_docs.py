"""What README and docs say is so: commands and flags, options, limits, links, and every line that begins with `$`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import click
import pytest

from beanstalk.cli import exits
from beanstalk.cli.flags import Waiting, waiting_flags
from beanstalk.cli.group import cli
from beanstalk.cli.session import global_flags
from beanstalk.container_groups import container_group
from beanstalk.model import OptionSetting, Policy, Rollout
from beanstalk.options.catalogue import PROPERTIES, SECRETS, catalogue
from beanstalk.options.circumstances import Circumstances
from beanstalk.options.configuration import Configuration
from beanstalk.options.document import WITHOUT_EFFECT, document
from beanstalk.options.resolve import Layer, resolve
from beanstalk.platform_image import mode_of, platform_group
from beanstalk.platforms import find_platform, sample_files
from beanstalk.rollout.health import COLOUR, Situation, environment_health
from beanstalk.rollout.policies import batch_of, promises
from beanstalk.service.configuration import rollout_for
from beanstalk.source import content
from beanstalk.source.ebextensions import MAX_TOTAL_BYTES, read_extensions
from beanstalk.source.never import why_never
from beanstalk.targets.local.balancer import MEMBERS, SLOTS
from beanstalk.workload import make_workload
from tests.bundles import make_bundle
from tests.test_architecture import LAYERS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
PAGES += sorted(ROOT.glob("ebextensions_examples/*.md"))
NOT_YET = {"--modules"}
"""Flags of the EB CLI that are errors; told of in one sentence."""
PROGRAM = {"BEANSTALK_CORPUS", "BEANSTALK_AGENT_GUARDED"}
"""Variables that are not for users."""


def read(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def section(text: str, heading: str) -> str:
    """What is below a heading, up to the next one of the same level or above."""
    level = heading.split(" ")[0]
    _, _, rest = text.partition(f"\n{heading}\n")
    assert rest, f"no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, without headings and backslashes."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rulers = [number for number, row in enumerate(cells) if set("".join(row)) <= set("-:")]
    return [row for number, row in enumerate(cells) if number not in rulers and number + 1 not in rulers]


# commands and flags


@cache
def commands() -> dict[str, click.Command]:
    """{"deploy": …, "agent stop": …}: every command that does something itself."""
    found: dict[str, click.Command] = {}
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": each for inner, each in command.commands.items()}
        if not isinstance(command, click.Group) or command.invoke_without_command:
            found[name] = command
    return found


def names(options: list[click.Option]) -> set[str]:
    return {name for option in options for name in (*option.opts, *option.secondary_opts)}


@waiting_flags
def wait(waiting: Waiting) -> None:
    """Only for its flags."""


WAITING = names(list(wait.__click_params__))  # type: ignore[attr-defined]
EVERYWHERE = names(global_flags())


def own_flags(command: click.Command, hidden: bool) -> set[str]:
    options = [each for each in command.params if isinstance(each, click.Option) and each.hidden is hidden]
    return names(options) - EVERYWHERE - NOT_YET


def flags_in(table: str) -> set[str]:
    """The flags that the first cells of a table name."""
    return {flag for row in rows(table) for flag in re.findall(r"(?<![\w-])--?[a-zA-Z][\w.-]*", row[0])}


def headings() -> dict[str, str]:
    """{"deploy": "### `beanstalk deploy [ENV]`"}."""
    found = re.findall(r"^### `beanstalk ([a-z ]+?)((?: [^a-z`][^`]*)?)`$", read("docs/commands.md"), re.MULTILINE)
    return {name: f"### `beanstalk {name}{rest}`" for name, rest in found}


def test_every_command_is_documented_and_no_other() -> None:
    assert set(headings()) == set(commands())


@pytest.mark.parametrize("name", commands())
def test_every_flag_of_a_command_is_documented_and_no_other(name: str) -> None:
    waiting = WAITING if "--nohang" in own_flags(commands()[name], hidden=False) else set()
    documented = flags_in(section(read("docs/commands.md"), headings()[name]))
    assert documented | waiting == own_flags(commands()[name], hidden=False)


@pytest.mark.parametrize("name", commands())
def test_a_heading_has_the_arguments_of_its_command(name: str) -> None:
    arguments = [each for each in commands()[name].params if isinstance(each, click.Argument)]
    assert headings()[name].count(" ") - name.count(" ") - 2 == len(arguments)


def test_the_common_flags_are_documented() -> None:
    text = read("docs/commands.md")
    assert flags_in(section(text, "## Waiting")) == WAITING
    assert flags_in(section(text, "## Everywhere")) == EVERYWHERE | {"-h", "--help"}


def test_flags_without_effect_are_listed() -> None:
    text = section(read("docs/commands.md"), "## Flags of `eb`")
    listed = dict(re.findall(r"^- `(\w+)`: (.*(?:\n  .*)*)", text, re.MULTILINE))
    silent = {name: flags for name, each in commands().items() if (flags := own_flags(each, hidden=True))}
    documented = {name: set(re.findall(r"`(-[^`]+)`", flags)) for name, flags in listed.items()}
    assert documented == silent
    assert set(re.findall(r"`(--[a-z]+)`", text.partition("do later")[2].partition("Not in")[0])) == NOT_YET


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def lines() -> Iterator[tuple[Path, str]]:
    """What somebody may type: lines after `$`, and code in sentences."""
    for page in PAGES:
        for block in blocks(page, "console"):
            yield from ((page, line[2:].split("    #")[0]) for line in block.splitlines() if line.startswith("$ "))
    for page in [*PAGES, *sorted(ROOT.glob("ebextensions_examples/*.config"))]:
        yield from ((page, code) for code in re.findall(r"`([^`\n]+)`", prose(page)))


def command_lines() -> dict[str, str]:
    """{"beanstalk …": page}; patterns (`beanstalk status [ENV]`) are left out."""
    found = {text.strip(): page.name for page, line in lines() for text in re.findall(r"\bbeanstalk [^)&\"]+", line)}
    return {text: page for text, page in found.items() if not re.search(r"\[|\.\.\.|…|COMMAND", text)}


@pytest.mark.parametrize("line", command_lines())
def test_the_program_understands_every_command_line(line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"{command_lines()[line]}: {line}"
        command, words = found, words[1:]
    try:
        command.make_context("beanstalk", words)
    except click.exceptions.Exit as done:
        assert done.exit_code == 0


def test_the_exit_codes_are_those_of_the_program() -> None:
    documented = {int(row[0]) for row in rows(section(read("docs/commands.md"), "## Exit codes"))}
    assert documented == {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}


def test_every_key_of_json_is_documented() -> None:
    sources = [path for path in (ROOT / "beanstalk/cli").glob("*.py")]
    sources = [path for path in sources if path.stem not in {"group", "status", "terminal"}]
    colours = set(COLOUR.values())
    used = {key for path in sources for key in re.findall(r'"([A-Z][A-Za-z]+)":', path.read_text())} - colours
    documented = set(re.findall(r"`([A-Z][A-Za-z]+)`", section(read("docs/commands.md"), "## JSON")))
    assert used - documented == set()


# options


def test_the_page_of_options_is_that_of_the_catalogue() -> None:
    made = document(catalogue())
    assert read("docs/options.md") == made, "python -m beanstalk.options.document > docs/options.md"


def test_options_said_to_be_without_effect_are_those_that_nobody_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[tuple[str, str]] = set()
    honest = Configuration.resolved

    def resolved(self: Configuration, namespace: str, name: str, resource_name: str = "") -> object:
        asked.add((namespace, name))
        return honest(self, namespace, name, resource_name)

    url = ("aws:elasticbeanstalk:application", "Application Healthcheck URL", "/up")
    configuration = resolve({Layer.ENVIRONMENT: [OptionSetting(*url)]})
    monkeypatch.setattr(Configuration, "resolved", resolved)
    rollout_for(configuration, 1)
    mode_of(configuration)
    python = find_platform("python")
    worker = replace(configuration, circumstances=Circumstances("Python", "Worker"))
    make_workload(make_bundle(tmp_path / "worker", sample_files(python)), worker, python)
    for name in ("python", "node", "procfile", "php"):
        platform = find_platform(name)
        bundle = make_bundle(tmp_path / name, sample_files(platform))
        workload = make_workload(bundle, configuration, platform) if platform.web else None
        group, _ = platform_group(bundle, configuration, platform, read_extensions([]))
        assert workload or group
    container_group(make_bundle(tmp_path / "docker", {"Dockerfile": "FROM a\nEXPOSE 80"}), configuration)
    described = {(option.namespace, option.name) for option in catalogue().options()}
    idle = {(namespace, name) for namespace, found in WITHOUT_EFFECT.items() for name in found}
    limits = {("aws:autoscaling:asg", "MaxSize")}
    in_bulk = {(namespace, "*") for namespace in (PROPERTIES, SECRETS)}
    assert described - asked == idle | limits | in_bulk


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "yaml")], ids=lambda page: page.name)
def test_every_configuration_file_in_the_documentation_is_right(page: Path) -> None:
    for block in blocks(page, "yaml"):
        if "option_settings" in block:
            found = read_extensions([(".ebextensions/a.config", block.encode())])
            assert (found.keys, found.warnings) == ((), ())
            assert resolve({Layer.EBEXTENSIONS: found.settings}).warnings == ()


def test_every_option_named_with_its_namespace_exists() -> None:
    for page, line in lines():
        for word in line.split():
            if match := re.fullmatch(r"([a-z]+(?::[a-z]+)+):(\w+)=(\S+)", word):
                assert catalogue().check(OptionSetting(*match.groups())) == (), f"{page.name}: {word}"


# numbers


def test_the_batches_in_the_documentation_are_those_of_the_program() -> None:
    table = rows(section(read("docs/deployments.md"), "## Which policy, which batch"))
    assert table
    for size, written, batch, batches in table:
        found = batch_of(int(size), int(written.removesuffix(" %")), written.endswith("%"))
        taken = [min(found, int(size) - start) for start in range(0, int(size), found)]
        assert str(found) == batch, written
        assert batches in (str(len(taken)), ", ".join(map(str, taken))), written


@pytest.mark.parametrize("page", ["README.md", "docs/deployments.md"])
@pytest.mark.parametrize("policy", [each for each in Policy if each is not Policy.RESIZE], ids=str)
@pytest.mark.parametrize(("n", "b"), [(4, 1), (6, 2), (10, 3)])
def test_the_promises_in_the_documentation_are_those_of_the_program(page: str, policy: Policy, n: int, b: int) -> None:
    [row] = [row for row in rows(section(read(page), "## The policies")) if row[0] == f"`{policy}`"]
    values = {"0": 0, "n": n, "n − b": n - b, "n + b": n + b, "2n": 2 * n}
    assert (values[row[1]], values[row[2]]) == promises(Rollout(policy, n, n, b, 600.0))


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("docs/bundles.md", [f"{content.MOST_BYTES >> 20} MiB", f"{content.MOST_ENTRIES:,}"]),
        ("docs/bundles.md", [f"{content.WARN_BYTES // 10**6} MB", f"{content.MOST_UNPACKED_BYTES // 10**6:,} MB"]),
        ("docs/bundles.md", [f"{content.MOST_RATIO} times, looked at from {content.RATIO_FROM_BYTES >> 20} MiB"]),
        ("docs/bundles.md", [f"{content.LONGEST_PATH:,} and {content.LONGEST_NAME} bytes"]),
        ("docs/bundles.md", [f"{MAX_TOTAL_BYTES >> 20} MiB"]),
        ("docs/local-target.md", [f"{SLOTS} environments in a home", f"{MEMBERS} instances in an environment"]),
        ("README.md", [f"{SLOTS}\nenvironments of up to {MEMBERS} instances"]),
    ],
)
def test_the_limits_in_the_documentation_are_those_of_the_program(page: str, texts: list[str]) -> None:
    assert [text for text in texts if text not in read(page)] == []


def test_what_is_never_packed_is_listed() -> None:
    text = read("docs/bundles.md").partition("Never packed")[2].partition("\n\n")[0]
    assert [name for name in re.findall(r"`(\.[a-z]+|CVS)`", text) if not why_never(name)] == []
    assert "`.git`" in text and "`CVS`" in text


@pytest.mark.parametrize(
    ("now", "health"),
    [
        (Situation(4, 4), "Ok"),
        (Situation(4, 4, updating=True), "Info"),
        (Situation(4, 2), "Warning"),
        (Situation(4, 1), "Degraded"),
        (Situation(4, 4, other_version=2), "Degraded"),
        (Situation(4, 0), "Severe"),
        (Situation(4, 4, crash="x"), "Severe"),
        (Situation(4, 0, creating=True), "Pending"),
    ],
)
def test_the_levels_of_health_are_as_documented(now: Situation, health: str) -> None:
    level, _ = environment_health(now)
    documented = {row[0].strip("`"): row[1] for row in rows(section(read("docs/health.md"), "## The environment"))}
    assert (str(level), documented[health]) == (health, COLOUR[level])


def test_the_causes_of_health_are_as_documented() -> None:
    _, causes = environment_health(Situation(4, 2, unhealthy=1, other_version=2, expected=("v1", 1)))
    assert [cause for cause in causes if f"`{cause}`" not in read("docs/health.md")] == []


def test_the_layers_are_those_of_the_test_that_keeps_them() -> None:
    listed = re.findall(r"^\d\. ((?:`\w+`,? ?)+):", section(read("docs/architecture.md"), "## Layers"), re.MULTILINE)
    documented = [re.findall(r"`(\w+)`", item) for item in listed]
    assert [sorted(layer) for layer in documented] == [sorted(set(layer) - {"__init__"}) for layer in LAYERS]


# names and links


def test_every_environment_variable_in_the_documentation_is_read_somewhere() -> None:
    sources = [*ROOT.glob("beanstalk/**/*.py"), *ROOT.glob("beanstalk/service/pipelines/*.j2")]
    program = "".join(path.read_text() for path in sources)
    literal = set(re.findall(r"\bBEANSTALK_[A-Z_]*[A-Z]\b", program))
    options = [each for command in commands().values() for each in command.params if isinstance(each, click.Option)]
    of_flags = {str(option.envvar) for option in options if option.envvar}
    documented = {name for page in PAGES for name in re.findall(r"\bBEANSTALK_[A-Z_]*[A-Z]\b", page.read_text())}
    assert documented - literal - of_flags - PROGRAM == set()
    assert literal - documented - of_flags - PROGRAM == set(), "not documented"


def anchors(page: Path) -> set[str]:
    """As the usual renderers make them of headings."""
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target
