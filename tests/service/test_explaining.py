"""Which option is meant, and what is told about it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, NotFound, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.catalogue import PROPERTIES, catalogue
from beanstalk.options.configuration import Layer
from beanstalk.options.resolve import resolve
from beanstalk.service.explaining import (
    configuration_files,
    family_of_folder,
    find_key,
    what_changes,
    why_in_environment,
    why_in_files,
)

COMMAND = "aws:elasticbeanstalk:command"
SCHEDULED = "aws:autoscaling:scheduledaction"


def config(text: str, name: str = "a") -> tuple[str, bytes]:
    return f".ebextensions/{name}.config", f"option_settings:\n{text}".encode()


def setting(namespace: str, name: str, value: str, resource: str = "") -> OptionSetting:
    return OptionSetting(namespace, name, value, resource)


def test_the_last_file_wins_and_the_rest_is_told_in_its_order() -> None:
    files = [config(f"  {COMMAND}:\n    BatchSize: {size}\n", name) for name, size in (("a", 40), ("b", 50))]
    found = why_in_files(files, "BatchSize").explanation
    assert (found.value, str(found.winner.at)) == ("50", ".ebextensions/b.config:3:5")
    assert [each.value for each in found.losers] == ["40", "30", "100"]
    assert found.next and str(found.next.at) == ".ebextensions/a.config:3:5"


def test_what_create_recommends_is_told_for_a_folder() -> None:
    found = why_in_files([], "DeploymentPolicy").explanation
    assert (found.value, found.winner.layer, found.default) == (
        "RollingWithAdditionalBatch", Layer.RECOMMENDED, "AllAtOnce",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("named", "file", "family"),
    [
        ("", "package.json", "nodejs"),
        ("", "go.mod", "go"),
        ("node", "app.py", "nodejs"),
        ("Go 1 running on 64bit Amazon Linux 2023", "app.py", "go"),
        ("", "x", ""),
    ],
)
def test_the_platform_of_a_folder_is_the_one_that_is_named_or_looks_like_it(tmp_path, named, file, family) -> None:
    (tmp_path / file).touch()
    assert family_of_folder(tmp_path, named) == family


def test_files_with_mistakes_are_an_error() -> None:
    with pytest.raises(InvalidInput, match="did you mean BatchSize"):
        why_in_files([config(f"  {COMMAND}:\n    BatchSise: 3\n")], "BatchSize")


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ("BatchSize", (COMMAND, "BatchSize", "")),
        ("batchsize", (COMMAND, "BatchSize", "")),
        ("AWS:ElasticBeanstalk:Command:batchsize", (COMMAND, "BatchSize", "")),
        ("MinSize", ("aws:autoscaling:asg", "MinSize", "")),
        ("LOG_LEVEL", (PROPERTIES, "LOG_LEVEL", "")),
        ("log_level", (PROPERTIES, "LOG_LEVEL", "")),
        (f"{PROPERTIES}:log_level", (PROPERTIES, "LOG_LEVEL", "")),
        (f"{PROPERTIES}:OTHER", (PROPERTIES, "OTHER", "")),
        ("aws:elbv2:listener:443:protocol", ("aws:elbv2:listener:443", "Protocol", "")),
        (f"{SCHEDULED}:StartTime", (SCHEDULED, "StartTime", "night")),
        (f"night.{SCHEDULED}:StartTime", (SCHEDULED, "StartTime", "night")),
    ],
)
def test_an_option_is_found_by_its_whole_name_or_by_a_part_that_is_enough(wanted: str, key: object) -> None:
    said = [setting(PROPERTIES, "LOG_LEVEL", "info"), setting(SCHEDULED, "StartTime", "2027-01-01T00:00:00Z", "night")]
    assert find_key(wanted, resolve({Layer.ENVIRONMENT: said})) == key


@pytest.mark.parametrize(
    ("wanted", "error", "text"),
    [
        ("BatchSise", NotFound, "did you mean BatchSize"),
        ("Xyzzyx", NotFound, "there is no option"),
        (f"{COMMAND}:BatchSise", NotFound, "did you mean BatchSize"),
        ("aws:elasticbeanstalk:comand:BatchSize", NotFound, f"did you mean {COMMAND}"),
        (COMMAND, UsageError, "is a namespace"),
        (f"{COMMAND}:", UsageError, "names no option"),
        ("Protocol", UsageError, "name one: aws:"),
        (f"{PROPERTIES}:a b", NotFound, "cannot be a name"),
    ],
)
def test_what_cannot_be_meant_is_told_with_what_is_close(wanted: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        find_key(wanted, resolve({}))


def test_two_resources_are_asked_for() -> None:
    said = [setting(SCHEDULED, "MinSize", "1", name) for name in ("day", "night")]
    with pytest.raises(UsageError, match=f"day.{SCHEDULED}:MinSize, night.{SCHEDULED}:MinSize"):
        find_key(f"{SCHEDULED}:MinSize", resolve({Layer.ENVIRONMENT: said}))


def test_a_secret_is_hidden_and_a_property_is_shown() -> None:
    text = f"  aws:rds:dbinstance:\n    DBPassword: hunter2hunter2\n  {PROPERTIES}:\n    API_KEY: abc\n"
    secret = why_in_files([config(text)], "DBPassword")
    assert (secret.shown(secret.explanation.value), secret.shown(None)) == ("(hidden)", None)
    shown = why_in_files([config(text)], "API_KEY")
    assert shown.shown(shown.explanation.value) == "abc"


@pytest.mark.parametrize(
    ("namespace", "name", "words"),
    [
        (PROPERTIES, "A", "replaced by the deployment policy"),
        (COMMAND, "BatchSize", "the instances stay"),
        ("aws:autoscaling:launchconfiguration", "InstanceType", "replaces the instances; here nothing happens"),
        ("aws:elasticbeanstalk:environment", "LoadBalancerType", "not possible"),
        ("beanstalk:deployment", "OnFailure", "Elastic Beanstalk does not know it; here the instances stay"),
    ],
)
def test_what_another_value_does_is_told(namespace: str, name: str, words: str) -> None:
    option = catalogue().find(namespace, name)
    assert option and words in what_changes(option, namespace)


def test_in_an_environment_what_was_set_directly_wins(bench) -> None:
    bench.create()
    answer = why_in_environment(bench.service, "prod-1", "MinSize")
    assert (answer.environment, answer.label) == ("prod-1", "v1")
    assert (answer.explanation.value, answer.explanation.winner.layer) == ("3", Layer.ENVIRONMENT)


def test_only_configuration_files_are_read(tmp_path) -> None:
    folder = tmp_path / ".ebextensions"
    folder.mkdir()
    (folder / "b.config").write_bytes(b"b")
    (folder / "a.config").write_bytes(b"a")
    (folder / "notes.txt").write_bytes(b"c")
    assert configuration_files(tmp_path) == [(".ebextensions/a.config", b"a"), (".ebextensions/b.config", b"b")]


OPTIONS = {
    f"{COMMAND}:BatchSize": (COMMAND, "BatchSize", ""),
    f"{PROPERTIES}:LEVEL": (PROPERTIES, "LEVEL", ""),
    f"Night.{SCHEDULED}:MinSize": (SCHEDULED, "MinSize", "Night"),
    f"Day.{SCHEDULED}:MinSize": (SCHEDULED, "MinSize", "Day"),
}
LINES = st.lists(st.tuples(st.sampled_from(sorted(OPTIONS)), st.integers(1, 9), st.booleans()), max_size=5)
FILES = st.dictionaries(st.sampled_from(["01", "02", "10", "9"]), LINES, max_size=4)


def written(lines: list[tuple[str, int, bool]]) -> list[str]:
    """One line an option: items of a list, with the resource before the namespace or beside it."""
    texts = []
    for wanted, value, beside in lines:
        namespace, name, resource = OPTIONS[wanted]
        prefixed = f"{resource}.{namespace}" if resource and not beside else namespace
        field = f", resource_name: {resource}" if resource and beside else ""
        texts.append(f"- {{namespace: '{prefixed}', option_name: {name}, value: {value}{field}}}")
    return texts


@settings(deadline=None, max_examples=60)
@given(FILES, st.sampled_from(sorted(OPTIONS)))
def test_what_is_foretold_of_files_comes_when_the_line_of_the_winner_is_taken_out(files, wanted) -> None:
    texts = {name: written(lines) for name, lines in files.items()}
    places = [
        (f".ebextensions/{name}.config", number)
        for name in sorted(files, reverse=True)
        for number in reversed(range(len(files[name])))
        if files[name][number][0] == wanted
    ]
    foretold = None
    for place in [*places, None]:
        files_now = [config("\n".join(lines) + "\n", name) for name, lines in texts.items()]
        found = why_in_files(files_now, wanted).explanation
        assert foretold in (None, (found.value, found.winner.layer))
        assert place == (found.winner.at and (found.winner.at.path, found.winner.at.line - 2))
        foretold = found.next and (found.next.value, found.next.layer)
        if place:
            texts[place[0].split("/")[1].removesuffix(".config")][place[1]] = "# taken out"
