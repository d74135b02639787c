"""Pulled images: pinned for ever under names of ours; names of others stay as they are. With a real registry."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import uuid

import pytest

from beanstalk.containers import ImageSource
from beanstalk.targets.local.builds import Failed, Pending
from beanstalk.targets.local.images import Ready
from beanstalk.targets.local.pins import Pin, read_pin
from beanstalk.targets.local.transfers import image_id
from tests.engine import build_image
from tests.registry import PASSWORD
from tests.targets.local.conftest import Bench, look_into, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.real]


@pytest.fixture
def shop(registry):
    """The name of a repository of this test alone."""
    return f"{registry.host}/shop-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def bench(bench, registry):
    bench.log_in(registry.docker_config())
    return bench


def publish(bench, registry, name, content):
    return registry.publish(bench.engine, name.partition("/")[2], content)


def content(bench, source):
    return look_into(bench.engine, bench.images.name(source), "/content")["content"]


def names_of(engine, repository):
    """What `docker images` shows of it: tags, and digests."""
    with engine.ask() as client:
        found = client.images(repository)
    names = [name for each in found for name in (each["RepoTags"] or []) + (each["RepoDigests"] or [])]
    return sorted(name for name in names if "<none>" not in name)


def test_an_image_is_pulled_by_its_digest_and_gets_no_name_but_ours(bench, registry, shop):
    digest = publish(bench, registry, f"{shop}:1", "one")
    source = ImageSource(f"{shop}:1", pin="1" * 64)
    assert bench.images.state(source) == Pending()
    assert bench.make(source) == Ready(bench.images.name(source))
    assert content(bench, source) == "one"
    assert names_of(bench.engine, shop) == [f"{shop}@{digest}"]
    assert read_pin(bench.place(source)).digest == digest
    assert f"{shop}:1 is {digest} for this version from now on" in bench.log(source)


def test_a_pin_is_the_same_image_for_ever(bench, registry, shop):
    first = publish(bench, registry, f"{shop}:1", "old")
    old, new = (ImageSource(f"{shop}:1", always=True, pin=pin * 64) for pin in "12")
    bench.make(old)
    second = publish(bench, registry, f"{shop}:1", "new")
    bench.make(new)
    assert [content(bench, each) for each in (old, new)] == ["old", "new"]
    with bench.engine.ask() as client:
        for name in (f"{shop}@{first}", bench.images.name(old)):
            client.remove_image(name)
    assert bench.images.state(old) == Pending()
    bench.make(old)
    assert content(bench, old) == "old"
    assert names_of(bench.engine, shop) == sorted([f"{shop}@{first}", f"{shop}@{second}"])


def test_who_asks_again_gets_what_the_tag_means_now_and_the_others_keep_theirs(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "old")
    first = ImageSource(f"{shop}:1", always=True, pin="1" * 64)
    bench.make(first)
    publish(bench, registry, f"{shop}:1", "new")
    again = ImageSource(f"{shop}:1", always=True, pin="1" * 64, again="deploy --force")
    bench.make(again)
    assert [content(bench, each) for each in (first, again)] == ["old", "new"]


def test_what_a_version_was_outlives_its_image_as_long_as_the_version_is_there(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "old")
    source = ImageSource(f"{shop}:1", always=True, pin="1" * 64)
    bench.make(source)
    publish(bench, registry, f"{shop}:1", "new")
    version = bench.version.name
    assert bench.images.sweep([], {version}) == [bench.images.name(source)]
    assert names_of(bench.engine, shop) == []
    assert bench.images.sweep([], {version}) == []
    bench.make(source)
    assert content(bench, source) == "old"
    bench.images.sweep([], {"another version"})
    assert not bench.place(source).exists()


def test_a_task_runs_what_is_there_when_the_registry_does_not_answer(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "old")
    bench.make(ImageSource(f"{shop}:1", pin="1" * 64))
    task = ImageSource(f"{shop}:1", always=True, or_present=True, pin="2" * 64)
    with registry.down():
        bench.make(task)
    assert content(bench, task) == "old"
    assert f"{shop}:1 is taken as it is on the engine" in bench.log(task)
    publish(bench, registry, f"{shop}:1", "new")
    later = ImageSource(f"{shop}:1", always=True, or_present=True, pin="3" * 64)
    bench.make(later)
    assert content(bench, later) == "new"


def test_who_wants_what_only_the_engine_has_learns_how_to_say_that(bench, python_image):
    failed = bench.make(ImageSource(f"127.0.0.1:1/{python_image}", always=True, pin="1" * 64))
    assert "pull_policy: missing" not in "".join(failed.tail)
    with bench.engine.ask() as client:
        client.tag(python_image, "127.0.0.1:1/here", "1")
    try:
        failed = bench.make(ImageSource("127.0.0.1:1/here:1", always=True, pin="2" * 64))
    finally:
        with bench.engine.ask() as client:
            client.remove_image("127.0.0.1:1/here:1")
    assert "the engine has an image of this name" in failed.tail[-1]


def test_a_task_of_an_image_that_was_made_here_asks_no_registry(bench, python_image):
    task = ImageSource(python_image, always=True, or_present=True, pin="1" * 64)
    assert bench.make(task) == Ready(bench.images.name(task))
    assert not (bench.place(task) / "work").exists()


def test_a_pull_that_a_crash_cut_short_goes_on_with_the_same_digest(bench, registry, shop):
    digest = publish(bench, registry, f"{shop}:1", "old")
    publish(bench, registry, f"{shop}:1", "new")
    source = ImageSource(f"{shop}:1", always=True, pin="1" * 64)
    bench.place(source).mkdir(parents=True)
    (bench.place(source) / "pin.json").write_text(json.dumps({"reference": f"{shop}:1", "digest": digest}))
    bench.make(source)
    assert content(bench, source) == "old"
    assert read_pin(bench.place(source)).brought


def test_without_update_what_the_engine_has_is_taken(bench, registry, shop):
    digest = publish(bench, registry, f"{shop}:1", "in the registry")
    here = build_image(
        bench.engine, "beanstalk-tests/here", {"Dockerfile": b"FROM scratch\nCOPY content /\n", "content": b"here"}
    )
    with bench.engine.ask() as client:
        client.tag(here, shop, "1")
    try:
        lazy, eager = ImageSource(f"{shop}:1", pin="1" * 64), ImageSource(f"{shop}:1", always=True, pin="2" * 64)
        bench.make(lazy)
        bench.make(eager)
        assert [content(bench, each) for each in (lazy, eager)] == ["here", "in the registry"]
        # It belongs to somebody else.
        assert names_of(bench.engine, shop) == [f"{shop}:1", f"{shop}@{digest}"]
        assert look_into(bench.engine, f"{shop}:1", "/content") == {"content": "here"}
    finally:
        with bench.engine.ask() as client:
            client.remove_image(f"{shop}:1")


def test_without_update_what_another_version_pulled_is_taken(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "one")
    first, second = (ImageSource(f"{shop}:1", pin=pin * 64) for pin in "12")
    bench.make(first)
    publish(bench, registry, f"{shop}:1", "two")
    bench.make(second)
    assert content(bench, second) == "one"
    assert read_pin(bench.place(second)).digest == read_pin(bench.place(first)).digest
    assert not (bench.place(second) / "work").exists()


def test_an_image_of_no_registry_that_is_lost_is_told(bench, shop):
    here = build_image(bench.engine, "beanstalk-tests/lost", {"Dockerfile": b"FROM scratch\nLABEL lost=tests\n"})
    source = ImageSource(here, pin="1" * 64)
    bench.make(source)
    with bench.engine.ask() as client:
        for name in (here, bench.images.name(source)):
            client.remove_image(name)
    failed = bench.make(source)
    assert isinstance(failed, Failed)
    assert "is no longer on the engine, and it came from no registry" in failed.tail[0]
    assert "deploy a new version" in failed.tail[-1]


def test_an_image_by_digest_is_pulled(bench, registry, shop):
    digest = publish(bench, registry, f"{shop}:1", "one")
    publish(bench, registry, f"{shop}:1", "two")
    source = ImageSource(f"{shop}@{digest}", pin="1" * 64)
    bench.make(source)
    assert content(bench, source) == "one"


def test_the_sweep_takes_a_pulled_image_from_the_engine(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "one")
    source = ImageSource(f"{shop}:1", pin="1" * 64)
    bench.make(source)
    image = read_pin(bench.place(source)).image
    assert bench.images.sweep(["1" * 64]) == []
    assert bench.images.sweep([]) == [bench.images.name(source)]
    assert not bench.place(source).exists()
    with bench.engine.ask() as client:
        assert image_id(client, image) == ""


def test_the_sweep_leaves_an_image_that_somebody_else_has_a_name_for(bench, registry, shop):
    digest = publish(bench, registry, f"{shop}:1", "one")
    source = ImageSource(f"{shop}:1", pin="1" * 64)
    bench.make(source)
    with bench.engine.ask() as client:
        client.tag(bench.images.name(source), shop, "mine")
        assert bench.images.sweep([]) == [bench.images.name(source)]
        assert names_of(bench.engine, shop) == [f"{shop}:mine", f"{shop}@{digest}"]
        client.remove_image(f"{shop}:mine")


def test_an_image_goes_with_the_last_of_its_pins(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "one")
    first, second = (ImageSource(f"{shop}:1", pin=pin * 64) for pin in "12")
    bench.make(first)
    bench.make(second)
    assert bench.images.sweep([second.pin]) == [bench.images.name(first)]
    assert content(bench, second) == "one"
    image = read_pin(bench.place(second)).image
    assert bench.images.sweep([]) == [bench.images.name(second)]
    with bench.engine.ask() as client:
        assert image_id(client, image) == ""


def test_a_login_of_the_bundle_is_used(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "one")
    bench.log_in("{}")
    bench.write({"login.json": registry.docker_config()})
    source = ImageSource(f"{shop}:1", pin="1" * 64, credentials="login.json")
    assert bench.make(source) == Ready(bench.images.name(source))
    assert_untold(bench, registry)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("wrong", "refuses the login of ada for"),
        (None, "to nobody without a login, or has no such image"),
    ],
)
def test_access_denied_says_how_to_log_in(bench, registry, shop, password, told):
    publish(bench, registry, f"{shop}:1", "one")
    bench.log_in(registry.docker_config(password) if password else "{}")
    failed = bench.make(ImageSource(f"{shop}:1", pin="1" * 64))
    assert isinstance(failed, Failed)
    assert failed.tail[-2].startswith(f"error: access denied: {registry.host}")
    assert told in failed.tail[-2]
    assert failed.tail[-1].startswith(f"  hint: type `docker login {registry.host}`")


def assert_untold(bench, registry):
    """No file of the home and nothing of the engine knows the password."""
    login = json.loads(registry.docker_config())["auths"][registry.host]["auth"]
    texts = [path.read_bytes() for path in bench.home.folder.rglob("*") if path.is_file()]
    assert texts
    assert not any(secret.encode() in text for text in texts for secret in (PASSWORD, login))


def test_no_file_has_a_password(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "one")
    for name in ("1", "none"):
        bench.make(ImageSource(f"{shop}:{name}", pin=name * 64))
    assert_untold(bench, registry)


def test_an_image_that_does_not_exist_is_told(bench, shop):
    failed = bench.make(ImageSource(f"{shop}:none", pin="1" * 64))
    assert isinstance(failed, Failed)
    assert failed.tail[-2].startswith(f"error: there is no image {shop}:none (")
    assert failed.tail[-1] == "  hint: look at its name and tag"


def test_a_registry_that_comes_back_is_asked_again(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", "one")
    with flaky(registry.port) as (port, comes_back):
        bench.log_in(registry.docker_config().replace(str(registry.port), str(port)))
        source = ImageSource(f"{shop}:1".replace(str(registry.port), str(port)), pin="1" * 64)
        bench.images.start(source, bench.version, "one")
        wait_until(lambda: "trying again in 1 s" in bench.log(source))
        comes_back.set()
        assert bench.make(source) == Ready(bench.images.name(source))


def test_a_pull_that_is_cancelled_leaves_no_name(bench, registry, shop):
    publish(bench, registry, f"{shop}:1", secrets.token_hex(1_000_000))
    with flaky(registry.port, stalls_after=100_000) as (port, _):
        bench.log_in(registry.docker_config().replace(str(registry.port), str(port)))
        source = ImageSource(f"{shop}:1".replace(str(registry.port), str(port)), pin="1" * 64)
        bench.images.start(source, bench.version, "one")
        wait_until(lambda: (bench.images.progress(source) or "").startswith("pulling 0."))
        bench.images.cancel(source)
        assert bench.images.state(source) == Pending()
        assert names_of(bench.engine, source.reference.removesuffix(":1")) == []
        assert bench.names() == []


def test_a_registry_that_stays_away_is_told(bench):
    failed = bench.make(ImageSource("127.0.0.1:1/shop:1", pin="1" * 64))
    assert isinstance(failed, Failed)
    assert sum("trying again" in line for line in failed.tail) == 2
    assert failed.tail[-2].startswith("error: 127.0.0.1:1 does not answer (")
    assert "network" in failed.tail[-1]


def test_two_homes_pull_the_same_image_at_the_same_time(bench, registry, shop, tmp_path):
    publish(bench, registry, f"{shop}:1", "one")
    source = ImageSource(f"{shop}:1", pin="1" * 64)
    others = [Bench(tmp_path / f"other-{number}", bench.engine) for number in range(3)]
    for each in (bench, *others):
        each.log_in(registry.docker_config())
        each.images.start(source, each.version, "one")
    for each in (bench, *others):
        assert isinstance(each.make(source), Ready)
        assert content(each, source) == "one"
    for each in (bench, *others):
        each.images.sweep([])
    assert names_of(bench.engine, shop) == []


def test_a_pin_that_nobody_knows_is_none(tmp_path):
    assert read_pin(tmp_path) is None
    (tmp_path / "pin.json").write_text('{"reference": "shop:1", "digest": "", "image": "sha256:0"}')
    assert read_pin(tmp_path) == Pin("shop:1", "", "sha256:0", brought=False)


class flaky:
    """A way to `port`. Gives its own port, and an event: until it is set, every connection is closed at once; or, with
    `stalls_after`, brings no more than so many bytes."""

    def __init__(self, port, stalls_after=0):
        self._target, self._works, self._stalls_after = port, threading.Event(), stalls_after
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self._listener.getsockname()[1], self._works

    def __exit__(self, *error):
        self._works.set()
        self._listener.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._works.is_set() and not self._stalls_after:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one, other):
        brought = 0
        try:
            while data := one.recv(4096):
                brought += len(data)
                if self._stalls_after and brought > self._stalls_after:
                    self._works.wait()
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass
