"""Which platform a bundle is: the table of the documentation, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.source.recognise import Kind, recognise


@pytest.mark.parametrize(
    ("paths", "version", "winner", "because"),
    [
        ("docker-compose.yml Dockerfile Dockerrun.aws.json", 3, Kind.COMPOSE, "at the root: Compose goes"),
        ("docker-compose.yml Dockerfile app.py", None, Kind.COMPOSE, "docker-compose.yml"),
        ("Dockerfile Dockerrun.aws.json package.json", 1, Kind.DOCKERFILE, "at the root: the image is built"),
        ("Dockerfile", None, Kind.DOCKERFILE, "Dockerfile"),
        ("Dockerrun.aws.json", 1, Kind.IMAGE, "names an image to pull"),
        ("Dockerrun.aws.json Dockerfile docker-compose.yml", 2, Kind.ECS, "describes several containers"),
        ("Dockerrun.aws.json", 3, None, "no file at the root"),
        ("platform.yaml Dockerfile app.py", None, Kind.CUSTOM, "custom platform"),
        ("requirements.txt package.json Procfile", None, Kind.PYTHON, "requirements.txt"),
        ("application.py", None, Kind.PYTHON, "application.py"),
        ("Gemfile package.json", None, Kind.RUBY, "Gemfile"),
        ("index.php package.json", None, Kind.PHP, "index.php"),
        ("package.json index.html", None, Kind.NODE, "package.json"),
        ("systemInfo.xml", None, Kind.WINDOWS, "systemInfo.xml"),
        ("build/libs/app.war", None, Kind.TOMCAT, "build/libs/app.war"),
        ("WEB-INF/web.xml", None, Kind.TOMCAT, "WEB-INF/web.xml"),
        ("application.jar", None, Kind.JAVA, "application.jar"),
        ("application.go Buildfile", None, Kind.GO, "application.go"),
        ("Procfile bin/app", None, Kind.PROCFILE, "Procfile"),
        ("index.html", None, Kind.PHP, "index.html"),
        ("src/app.py sub/Dockerfile", None, None, "no file at the root speaks for a platform"),
        ("", None, None, "no file"),
    ],
)  # fmt: skip
def test_the_first_in_the_documented_order_wins_and_says_why(paths, version, winner, because):
    found = recognise(paths.split(), version)
    assert found.winner is winner and because in found.because


@pytest.mark.parametrize(
    ("paths", "version", "loser", "reason"),
    [
        ("docker-compose.yml Dockerfile", None, "Dockerfile", "only by a service with build:"),
        ("docker-compose.yml Dockerrun.aws.json", 1, "Dockerrun.aws.json", "only version 3 counts"),
        ("Dockerfile Dockerrun.aws.json", 1, "Dockerrun.aws.json", "its Image is not pulled"),
        ("Dockerrun.aws.json Dockerfile", 2, "Dockerfile", "neither builds images"),
        ("Dockerfile package.json", None, "package.json", "inside the image"),
        ("app.py Procfile", None, "Procfile", "says what Python starts"),
        ("app.py Gemfile", None, "Gemfile", "app.py comes first"),
        ("dockerrun.aws.json app.py", None, "dockerrun.aws.json", "capitals count"),
        ("docker-compose.yaml", None, "docker-compose.yaml", "looks for docker-compose.yml"),
        ("Dockerrun.aws.json.template", None, "Dockerrun.aws.json.template", "a template counts only under that name"),
        (".ebextension/a.config .ebextensions/b.config", None, ".ebextension", "the folder .ebextensions"),
        ("ebextensions/a.config .ebextensions/a/b.config", None, "ebextensions", "the folder .ebextensions"),
        ("cron.yml", None, "cron.yml", "looks for cron.yaml"),
        ("Dockerrun.aws.json", 3, "Dockerrun.aws.json", "which is not there"),
    ],
)
def test_what_does_not_count_is_told_with_the_reason(paths, version, loser, reason):
    (ignored,) = recognise(paths.split(), version).ignored
    assert ignored.path == loser and reason in ignored.reason


def test_beside_compose_version_3_counts():
    assert recognise(["docker-compose.yml", "Dockerrun.aws.json"], 3).ignored == ()


NAMES = st.sampled_from([
    "docker-compose.yml", "Dockerfile", "Dockerrun.aws.json", "platform.yaml", "a.py", "Gemfile", "a.php",
    "package.json",
    "WEB-INF/x", "a.jar", "go.mod", "Procfile", "index.html", "dockerfile", "x/Dockerfile", ".py", "",
])  # fmt: skip


@settings(deadline=None)
@given(st.lists(NAMES | st.text(max_size=5)), st.sampled_from([None, 1, 2, 3, 9]))
def test_the_order_of_the_paths_does_not_matter_and_every_loser_has_a_reason(paths, version):
    found = recognise(paths, version)
    assert found == recognise(reversed(paths), version)
    assert (found.winner is None) == (not found.present)
    assert all(each.reason and each.path in paths for each in found.ignored)
    assert found.present[:1] == () or found.present[0].kind is found.winner
