"""Pull and push: sums, complaints in words, and a real registry at the other end."""

from __future__ import annotations

import uuid

import pytest

from beanstalk.errors import TargetError
from beanstalk.targets.local.registries import Credentials
from beanstalk.targets.local.transfers import RegistryAway, Transfer, complaint, familiar, pull, push, split
from tests.engine import build_image
from tests.registry import Silence

LAYER = {"id": "1", "status": "Downloading"}


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        ([{"status": "Pulling fs layer", "id": "1", "progressDetail": {}}], "0.0 of 0.0 MB"),
        ([{**LAYER, "progressDetail": {"current": 1_500_000, "total": 3_000_000}}], "1.5 of 3.0 MB"),
        (
            [
                {**LAYER, "progressDetail": {"current": 1_000_000, "total": 90_000_000}},
                {**LAYER, "id": "2", "progressDetail": {"current": 20_000_000, "total": 30_000_000}},
                {**LAYER, "progressDetail": {"current": 14_000_000, "total": 90_000_000}},
            ],
            "34 of 120 MB",
        ),
        (
            [
                {**LAYER, "progressDetail": {"current": 1_000_000, "total": 30_000_000}},
                {"id": "1", "status": "Download complete", "progressDetail": {}},
                {"id": "1", "status": "Extracting", "progressDetail": {"current": 1, "total": 30_000_000}},
            ],
            "30 of 30 MB",
        ),
        ([{"id": "1", "status": "Already exists", "progressDetail": {}}], "0.0 of 0.0 MB"),
        ([{"id": "1", "status": "Pushing", "progressDetail": {"current": 5_000_000}}], "5.0 of 5.0 MB"),
    ],
)
def test_the_layers_are_added_up(events, shown):
    seen = Transfer()
    for event in events:
        seen.note(event)
    assert str(seen) == shown


@pytest.mark.parametrize("status", ["Digest: {}", "1: digest: {} size: 529"])
def test_the_digest_is_in_the_last_status(status):
    seen = Transfer()
    seen.note({"status": status.format(f"sha256:{'0a' * 32}")})
    assert seen.digest == f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        (
            "manifest for host/shop:1 not found: manifest unknown: manifest unknown",
            TargetError,
            "there is no image host/shop:1",
        ),
        (
            "pull access denied for shop, repository does not exist or may require 'docker login'",
            TargetError,
            "access denied",
        ),
        ("no basic auth credentials", TargetError, "access denied"),
        ("toomanyrequests: You have reached your pull rate limit", TargetError, "gives no more images for now"),
        (
            "no matching manifest for linux/arm64/v8 in the manifest list entries",
            TargetError,
            "processor of this machine",
        ),
        ('Get "https://host/v2/": http: server gave HTTP response to HTTPS client', TargetError, "speaks no TLS"),
        ('Get "https://host/v2/": x509: certificate signed by unknown authority', TargetError, "does not trust"),
        ("failed to register layer: write /x: no space left on device", TargetError, "no space left"),
        ('Get "https://host/v2/": dial tcp: lookup host: no such host', RegistryAway, "does not answer"),
        ('Get "https://host/v2/": dial tcp 10.0.0.1:443: i/o timeout', RegistryAway, "does not answer"),
        ('Get "https://host/v2/": net/http: TLS handshake timeout', RegistryAway, "does not answer"),
        ("received unexpected HTTP status: 503 Service Unavailable", RegistryAway, "does not answer"),
        ("unexpected EOF", RegistryAway, "does not answer"),
        ("something new", TargetError, "host/shop:1: something new"),
    ],
)
def test_complaints_of_the_engine_are_told_in_words(said, kind, told):
    error = complaint(said, "host/shop:1", None)
    assert type(error) is kind
    assert told in error.problem
    assert said in error.problem


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("shop", "type `docker login`, or"),
        ("registry.example/shop", "type `docker login registry.example`, or"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop", "ecr:GetAuthorizationToken"),
    ],
)
def test_how_to_log_in_depends_on_the_registry(reference, told):
    assert told in complaint("denied", reference, None).hint


def test_the_user_who_was_refused_is_named_and_never_the_password():
    error = complaint("unauthorized: authentication required", "host/shop", Credentials("ada", "secret-word"))
    assert "refuses the login of ada" in error.problem
    assert "secret-word" not in str(error)


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("nginx", "nginx"),
        ("library/nginx", "nginx"),
        ("docker.io/library/nginx", "nginx"),
        ("index.docker.io/bitnami/nginx", "bitnami/nginx"),
        ("host:5000/library/nginx", "host:5000/library/nginx"),
    ],
)
def test_the_name_of_a_repository_is_that_of_the_engine(repository, name):
    assert familiar(repository) == name


def test_a_name_without_a_tag_is_the_latest():
    assert split("host:5000/shop") == ("host:5000/shop", "latest")
    assert split("host:5000/shop:1") == ("host:5000/shop", "1")
    assert split(f"shop@sha256:{'0' * 64}") == ("shop", f"sha256:{'0' * 64}")
    assert split(f"host:5000/shop:1@sha256:{'0' * 64}") == ("host:5000/shop", f"sha256:{'0' * 64}")


@pytest.fixture
def image(engine):
    """Three megabytes that nobody has seen, so that there is something to tell of."""
    files = {"Dockerfile": b"FROM scratch\nCOPY data /\n", "data": uuid.uuid4().bytes * 200_000}
    name = build_image(engine, "beanstalk-tests/fresh", files)
    yield name
    with engine.ask() as client:
        client.remove_image(name)


@pytest.mark.docker
@pytest.mark.real
def test_what_was_pushed_can_be_pulled_by_its_digest(engine, registry, image):
    name, report = f"{registry.host}/{uuid.uuid4().hex}:1", Silence()
    digest = push(engine, image, name, registry.credentials, report)
    assert report.lines[-1] == f"pushing {name}: done, {digest}"
    assert report.nows[-1] == "pushing 3.2 of 3.2 MB"
    with engine.ask() as client:
        assert not client.images(name)
    again = f"{name.removesuffix(':1')}@{digest}"
    assert pull(engine, again, registry.credentials, report) == digest
    with engine.ask() as client:
        assert client.inspect_image(again)["Id"] == client.inspect_image(image)["Id"]
        client.remove_image(again)


@pytest.mark.docker
@pytest.mark.real
def test_a_push_leaves_the_names_of_others_alone(engine, registry, image):
    name = f"{registry.host}/{uuid.uuid4().hex}:1"
    theirs = build_image(engine, "beanstalk-tests/theirs", {"Dockerfile": b"FROM scratch\nLABEL theirs=1\n"})
    with engine.ask() as client:
        client.tag(theirs, *split(name))
        push(engine, image, name, registry.credentials, Silence())
        assert client.inspect_image(name)["Id"] == client.inspect_image(theirs)["Id"]
        client.remove_image(name)


@pytest.mark.docker
@pytest.mark.real
@pytest.mark.parametrize("credentials", [Credentials("ada", "wrong"), None])
def test_a_push_without_the_right_password_is_refused(engine, registry, image, credentials):
    name = f"{registry.host}/{uuid.uuid4().hex}:1"
    with pytest.raises(TargetError, match="access denied"):
        push(engine, image, name, credentials, Silence())
    with engine.ask() as client:
        assert not client.images(name)
