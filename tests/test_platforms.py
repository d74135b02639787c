"""Platforms: which one a bundle looks like, names, mistakes in a platform.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput, NotFound, UsageError
from beanstalk.platform_file import parse_platform
from beanstalk.platform_rules import choose_build, files_of, first_match, hand_over, matching, render
from beanstalk.platforms import detect, find_platform, list_platforms, sample_files
from tests.bundles import make_bundle

MINIMAL = "title: Mine\nbranch: Mine 1\nversion: 1.0.0\ndetect: {order: 10, any: [mine.txt]}\n"
IMAGE = "image: {port: 8000, bases: [{image: a:1}]}\n"


def write_platform(search: Path, name: str, text: str) -> Path:
    (search / name).mkdir(parents=True)
    (search / name / "platform.yaml").write_text(text)
    return search


@pytest.mark.parametrize(
    ("names", "platform", "reason"),
    [
        (["requirements.txt"], "python", "Python, because of requirements.txt"),
        (["application.py"], "python", "Python, because of application.py"),
        (["Pipfile"], "python", "Python, because of Pipfile"),
        (["package.json"], "node", "Node.js, because of package.json"),
        (["server.js"], "node", "Node.js, because of server.js"),
        (["requirements.txt", "package.json"], "python", "Python, because of requirements.txt; node would fit, too"),
        (["Procfile", "main.go"], "procfile", "Procfile, because of Procfile"),
        (["Procfile", "requirements.txt"], "python", "Python, because of requirements.txt"),
        (["Procfile", "scripts/deploy.py"], "procfile", "Procfile, because of Procfile"),
        (["Gemfile", "package.json"], "ruby", "Ruby, because of Gemfile; node would fit, too"),
        (["index.php", "package.json"], "php", "PHP, because of index.php; node would fit, too"),
        (["shop.jar", "Procfile"], "java", "Java, because of shop.jar"),
        (["go.mod", "main.go"], "go", "Go, because of go.mod"),
        (["shop.runtimeconfig.json", "shop.dll"], "dotnet", ".NET, because of shop.runtimeconfig.json"),
        (["index.html", "package.json"], "node", "Node.js, because of package.json; static would fit, too"),
        (["index.html", "style.css"], "static", "Static files, because of index.html"),
    ],
)
def test_the_files_at_the_root_say_which_platform_it_is(
    tmp_path: Path, names: list[str], platform: str, reason: str
) -> None:
    found = detect(make_bundle(tmp_path, dict.fromkeys(names, "")))
    assert (found.platform.name, found.reason) == (platform, reason)


def test_an_application_that_nothing_recognises_is_told_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"requirements\.txt or .*package\.json or .*Procfile"):
        detect(make_bundle(tmp_path, {"main.go": ""}))


V2 = '{"AWSEBDockerrunVersion": 2, "containerDefinitions": []}'


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"Dockerfile": ""}, "docker"),
        ({"docker-compose.yml": ""}, "docker"),
        ({"Dockerrun.aws.json": '{"AWSEBDockerrunVersion": "1"}'}, "docker"),
        ({"Dockerrun.aws.json": "{broken"}, "docker"),
        ({"Dockerrun.aws.json": V2}, "ecs"),
        ({"Dockerrun.aws.json": V2.replace("2", '"2"')}, "ecs"),
        ({"Dockerrun.aws.json": V2, "docker-compose.yml": ""}, "ecs"),
    ],
)
def test_containers_win_unless_processes_are_asked_for(tmp_path: Path, files: dict[str, str], name: str) -> None:
    bundle = make_bundle(tmp_path, {**files, "requirements.txt": ""})
    found = detect(bundle)
    assert (found.platform.name, found.platform.containers, found.others) == (name, True, ())
    assert detect(bundle, mode="process").platform.name == "python"


def test_two_platforms_with_the_same_order_are_ambiguous(tmp_path: Path) -> None:
    search = write_platform(tmp_path / "mine", "first", MINIMAL)
    write_platform(search, "second", MINIMAL)
    with pytest.raises(UsageError, match="looks like first and second"):
        detect(make_bundle(tmp_path, {"mine.txt": ""}), [search])


def test_a_platform_of_the_user_replaces_ours_by_name(tmp_path: Path) -> None:
    search = write_platform(tmp_path, "python", MINIMAL)
    assert find_platform("python", [search]).title == "Mine"
    titles = [each.title for each in list_platforms([search])]
    assert titles[:3] == ["ECS (several containers)", "Docker", "Mine"]
    assert find_platform("python").title == "Python"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("python", "python"),
        ("python-3.11", "python"),
        ("Python 3.11 running on 64bit Amazon Linux 2023", "python"),
        ("64bit Amazon Linux 2023 v4.1.0 running Python 3.11", "python"),
        ("Node.js 20 running on 64bit Amazon Linux 2023", "node"),
        ("64bit Amazon Linux 2023 v6.0.0 running Node.js 20", "node"),
        ("Docker running on 64bit Amazon Linux 2023", "docker"),
        ("64bit Amazon Linux 2023 v4.3.0 running Docker", "docker"),
        ("64bit Amazon Linux 2023 v4.0.0 running ECS", "ecs"),
        ("Corretto 21 running on 64bit Amazon Linux 2023", "java"),
        ("64bit Amazon Linux 2023 v4.2.0 running Corretto 17", "java"),
        ("Ruby 3.4 running on 64bit Amazon Linux 2023", "ruby"),
        ("PHP 8.4 running on 64bit Amazon Linux 2023", "php"),
        ("Go 1 running on 64bit Amazon Linux 2023", "go"),
        (".NET 8 running on 64bit Amazon Linux 2023", "dotnet"),
    ],
)
def test_elastic_beanstalks_names_find_the_platform(name: str, found: str) -> None:
    assert find_platform(name).name == found


def test_a_platform_is_found_by_the_path_of_its_folder_and_called_by_it(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    write_platform(tmp_path / "folder", "mine", MINIMAL)
    monkeypatch.chdir(tmp_path)
    found = find_platform("./folder/mine")
    assert (found.title, found.name) == ("Mine", str(tmp_path / "folder/mine"))
    assert find_platform(found.name) == found


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pyhton", "did you mean python"),
        ("cobol", "there are ecs, docker, python, ruby, php, node, java, go, dotnet, procfile, static"),
        ("../python", "there are|mean"),
    ],
)
def test_an_unknown_platform_is_told_with_those_that_exist(name: str, hint: str) -> None:
    with pytest.raises(NotFound, match=hint):
        find_platform(name)


def test_a_search_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no folder .*nowhere"):
        list_platforms([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (MINIMAL + "titel: x\n", "p/platform.yaml:5:1: a platform has no titel\n  hint: did you mean title?"),
        ("title: x\n", "p/platform.yaml:1:1: a platform needs branch"),
        (MINIMAL + "web:\n- command: 'x {{port}}'\n", "p/platform.yaml:6:12: no value is called port"),
        (MINIMAL + "web: exec x\n", "p/platform.yaml:5:6: expected a list"),
        (MINIMAL + "build: {choose: [{follow: ['(']}]}\n", "p/platform.yaml:5:28: not a regular expression"),
        (MINIMAL + "build: {choose: [{follow: ['x']}]}\n", "p/platform.yaml:5:28: follow needs exactly one group"),
        (MINIMAL + "build: {choose: [{skip: maybe}]}\n", "p/platform.yaml:5:25: expected true or false, not 'maybe'"),
        (MINIMAL + "sample: {a: ../a}\n", "p/platform.yaml:5:13: ../a is not a file beside this one"),
        (MINIMAL + "title: again\n", "p/platform.yaml:5:1: the key 'title' is here twice"),
        (MINIMAL.replace("10", "first"), "p/platform.yaml:4:17: expected a number, not 'first'"),
        (MINIMAL + IMAGE, "p/platform.yaml:5:8: Dockerfile.j2 is not a file beside this one"),
        (MINIMAL + IMAGE.replace("8000", "80"), "p/platform.yaml:5:15: 80 cannot be the port"),
        (MINIMAL + IMAGE.replace("a:1", "a b"), "p/platform.yaml:5:37: 'a b' is no name of an image"),
        (MINIMAL + IMAGE.replace("a:1", "'a:{{version}}'"), "p/platform.yaml:5:37: {{version}} has no value"),
        (MINIMAL + IMAGE.replace("}]", "}], user: root"), "p/platform.yaml:5:50: 'root' cannot be the user"),
        (MINIMAL + IMAGE.replace("a:1", "a, managers: [yam]"), "did you mean yum?"),
        (MINIMAL + IMAGE.replace("{image: a:1}", ""), "p/platform.yaml:5:28: there is no base"),
        (MINIMAL + IMAGE.replace("}]", "}], version_of_branch: x"), "this needs exactly one group: the version"),
        (MINIMAL + "image: {port: 8000}\n", "p/platform.yaml:5:8: image needs bases"),
        ("title: [\n", "p/platform.yaml:1:9: not valid YAML"),
        ("", "p/platform.yaml:1: a platform needs title"),
        ("- a\n", "p/platform.yaml:1:1: expected a mapping"),
    ],
)
def test_mistakes_are_told_with_file_and_line(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_platform(text, Path("p"))
    assert told in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_platform(MINIMAL + "colour: red\nweb: [{comand: x}]\n", Path("p"))
    assert [problem.at.line for problem in caught.value.problems if problem.at] == [5, 6, 6]


@pytest.mark.parametrize("name", [each.name for each in list_platforms() if each.sample])
def test_every_sample_application_is_recognised_as_its_platform(tmp_path: Path, name: str) -> None:
    platform = find_platform(name)
    bundle = make_bundle(tmp_path, sample_files(platform))
    assert detect(bundle).platform == platform
    assert {entry.path for entry in bundle.entries} == {file for file, _ in platform.sample}


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("*.py", ["a.py"]),
        ("lib/", ["lib/a.py", "lib/deep/b.py"]),
        ("lib/*", ["lib/a.py"]),
        ("**", ["a.py", "b.txt", "lib/a.py", "lib/deep/b.py"]),
        ("a", []),
    ],
)
def test_patterns_stay_in_one_folder(tmp_path: Path, pattern: str, paths: list[str]) -> None:
    bundle = make_bundle(tmp_path, dict.fromkeys(["a.py", "b.txt", "lib/a.py", "lib/deep/b.py"], ""))
    assert matching(pattern, bundle) == paths


REQUIREMENTS = {
    "flask\n": [],
    "-r more/base.txt\n": ["more/base.txt", "more/deep.txt"],
    "--requirement=more/base.txt # why\n": ["more/base.txt", "more/deep.txt"],
    "-cmore/deep.txt\n": ["more/deep.txt"],
    "-e ./lib[extra]\n": ["lib/mod.py", "lib/setup.py"],
    "./lib ; python_version > '3'\n": ["lib/mod.py", "lib/setup.py"],
    "lib @ file:./lib\n": ["lib/mod.py", "lib/setup.py"],
    "--find-links wheels\n": ["wheels/x.whl"],
    "wheels/x.whl\n": ["wheels/x.whl"],
    "# -r more/base.txt\n": [],
    "-r https://example.com/more/base.txt\n": [],
    "-r ../outside.txt\n": [],
}


@pytest.mark.parametrize(("text", "files"), REQUIREMENTS.items(), ids=REQUIREMENTS)
def test_requirements_bring_the_local_files_they_name(tmp_path: Path, text: str, files: list[str]) -> None:
    others = {
        "more/base.txt": "-r deep.txt\n-r base.txt\n",
        "more/deep.txt": "a\n",
        "lib/setup.py": "",
        "lib/mod.py": "",
    }
    bundle = make_bundle(tmp_path, {"requirements.txt": text, **others, "wheels/x.whl": b"\xff", "flask/a.py": ""})
    choice = choose_build(find_platform("python"), bundle)
    assert choice is not None
    assert files_of(choice, bundle) == tuple(sorted([*files, "requirements.txt"]))


def test_the_whole_bundle_is_needed_when_requirements_name_its_root(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, {"requirements.txt": "-e .\n", "setup.py": "", "app/a.py": ""})
    choice = choose_build(find_platform("python"), bundle)
    assert choice is not None
    assert files_of(choice, bundle) == ("app/a.py", "requirements.txt", "setup.py")


HANDED_OVER = {
    "node app.js": "exec node app.js",
    "exec node app.js": "exec node app.js",
    "A=1 B=2 node app.js": "exec env A=1 B=2 node app.js",
    "cd src && gunicorn app": "cd src && exec gunicorn app",
    "a && b && C=1 d": "a && b && exec env C=1 d",
    "a | b": "a | b",
    "a; b": "a; b",
    "a & b": "a & b",
    "a > log 2>&1": "a > log 2>&1",
    "sh -c 'a && b'": "sh -c 'a && b'",
    "cd src": "cd src",
    "a\nb": "a\nb",
    "a &&": "a &&",
    "": "",
}


@pytest.mark.parametrize(("command", "expected"), HANDED_OVER.items())
def test_the_last_program_of_a_plain_command_replaces_the_shell(command: str, expected: str) -> None:
    assert hand_over(command) == expected


def test_values_are_words_for_the_shell_whatever_they_hold(tmp_path: Path) -> None:
    values = {"path": "a; rm -rf $HOME 'x'"}
    bundle = make_bundle(tmp_path, {"a.json": '{"b": "c > x"}', "my app.jar": ""})
    assert render("run {{path}}", values, bundle) == """run 'a; rm -rf $HOME '"'"'x'"'"''"""
    assert render("sh -c {{a.json#b}}", {}, bundle) == "sh -c 'c > x'"
    assert render("java -jar {{*.jar}} {{*.war}}", {}, bundle) == "java -jar 'my app.jar' ''"


def test_a_pattern_can_be_for_exactly_one_file(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, {"a.jar": "", "b.war": "", "c.war": ""})
    assert [first_match([each], bundle) for each in ("*.jar=1", "*.war=1", "*.war=2")] == ["a.jar", None, "b.war"]


def test_the_platform_that_the_documentation_shows_is_one(tmp_path: Path) -> None:
    text = Path(__file__).parents[1].joinpath("docs/platforms.md").read_text()
    for name in ("sample.config.ru", "Dockerfile.j2"):
        (tmp_path / name).touch()
    platform = parse_platform(text.split("```yaml\n")[1].split("```")[0], tmp_path)
    assert (platform.title, platform.order, len(platform.web)) == ("Ruby", 30, 1)
    assert platform.image and [base.managers for base in platform.image.bases] == [("apt", "rubygems"), ("rpm", "yum")]
    bundle = make_bundle(tmp_path, {"Gemfile": "gem 'a', path: 'lib'\n", "lib/a.rb": "", "config.ru": ""})
    choice = choose_build(platform, bundle)
    assert choice is not None and files_of(choice, bundle) == ("Gemfile", "lib/a.rb")
