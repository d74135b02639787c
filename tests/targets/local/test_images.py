"""Images: made once, shared, found again by whoever comes back, removed when nobody needs them. On a real engine."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import time

import psutil
import pytest

from beanstalk.containers import ImageBuild, ImageSource
from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.targets.local import runner
from beanstalk.targets.local.builds import Failed, Pending
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.engine_away import EngineAway
from beanstalk.targets.local.images import Images, Ready
from tests.engine import build_image
from tests.targets.local.conftest import Bench, look_into, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.real]
SCRATCH = "FROM scratch\nCOPY content /content\n"


def built(bench, content, dockerfile=SCRATCH, **more):
    """The source of an image of this content; its key is that of the content, as for a real bundle."""
    bench.write({"Dockerfile": dockerfile, "content": content})
    key = hashlib.sha256(f"{dockerfile}{content}{more}".encode()).hexdigest()
    return ImageSource(build=ImageBuild(key, **more))


def slow(bench, python_image, content):
    """A build that goes on until somebody ends it. Content that is new: the engine remembers each step."""
    text = f"FROM {python_image}\nCOPY content /content\nRUN echo begun; while sleep 0.1; do :; done\n"
    source = built(bench, f"{content} {time.time_ns()}", text)
    bench.images.start(source, bench.version, "one")
    wait_until(lambda: "\nbegun\n" in bench.log(source))
    return source


def test_an_image_is_pending_until_it_is_built_and_then_there_for_everybody(bench):
    source = built(bench, "one")
    assert bench.images.state(source) == Pending()
    assert bench.make(source) == Ready(bench.images.name(source))
    assert look_into(bench.engine, bench.images.name(source), "/content") == {"content": "one"}
    with bench.engine.ask() as client:
        labels = client.inspect_image(bench.images.name(source))["Config"]["Labels"]
    assert labels == {"beanstalk.home": Labels.of(bench.home).home_id}


def test_the_same_content_is_built_once(bench):
    source = built(bench, "one")
    bench.make(source, "first")
    began = (bench.place(source) / "work/job/started.json").read_text()
    assert bench.make(source, "second") == Ready(bench.images.name(source))
    assert (bench.place(source) / "work/job/started.json").read_text() == began


def test_two_that_ask_share_one_job(bench, python_image):
    source = slow(bench, python_image, "shared")
    began = (bench.place(source) / "work/job/started.json").read_text()
    bench.images.start(source, bench.version, "another")
    assert (bench.place(source) / "work/job/started.json").read_text() == began
    bench.images.cancel(source)


def test_another_home_takes_the_layers_from_the_cache_of_the_engine(bench, tmp_path, python_image):
    text = f"FROM {python_image}\nCOPY content /content\nRUN sleep 0.1; date +%N > /when\n"
    one, other = bench, Bench(tmp_path / "other", bench.engine)
    mine, theirs = built(one, "cached", text), built(other, "cached", text)
    one.make(mine)
    other.make(theirs)
    assert other.log(theirs).count("Using cache") == 2
    whens = [look_into(bench.engine, each.images.name(mine), "/when") for each in (one, other)]
    assert whens[0] == whens[1]
    assert one.images.name(mine) != other.images.name(theirs)
    assert other.images.sweep([]) == [other.images.name(theirs)]
    assert one.images.state(mine) == Ready(one.images.name(mine))


def test_an_image_that_somebody_removed_is_built_again(bench):
    source = built(bench, "one")
    bench.make(source)
    with bench.engine.ask() as client:
        client.remove_image(bench.images.name(source))
    assert bench.images.state(source) == Pending()
    assert isinstance(bench.make(source), Ready)


def test_a_failure_stays_one_for_the_same_attempt_and_is_tried_again_for_another(bench, python_image):
    source = built(bench, "x", f"FROM {python_image}\nRUN echo no luck >&2; exit 3\n")
    first = bench.make(source)
    began = (bench.place(source) / "work/job/started.json").read_text()
    assert bench.make(source) == first
    assert (bench.place(source) / "work/job/started.json").read_text() == began
    assert isinstance(bench.make(source, "two"), Failed)
    assert (bench.place(source) / "work/job/started.json").read_text() != began


def test_a_failure_tells_the_step_its_line_and_the_last_lines(bench, python_image):
    text = f"# a comment\nFROM {python_image}\nRUN true \\\n  && echo no luck >&2 \\\n  && exit 3\n"
    failed = bench.make(built(bench, "x", text), "one")
    assert isinstance(failed, Failed)
    assert failed.code == 1
    assert failed.tail[-3:] == (
        "Step 2/3 : RUN true   && echo no luck >&2   && exit 3",
        "no luck",
        "error: Dockerfile:3: RUN true && echo no luck >&2 && exit 3: failed with exit code 3",
    )


def test_progress_is_the_step_and_nothing_when_it_is_over(bench, python_image):
    source = slow(bench, python_image, "progress")
    assert bench.images.progress(source) == "step 3 of 3: RUN echo begun; while sleep 0.1; do :; done"
    bench.images.cancel(source)
    assert bench.images.progress(source) is None


def test_a_build_that_is_cancelled_leaves_nothing_that_runs(bench, python_image):
    source = slow(bench, python_image, "cancelled")
    [container] = containers_of(bench, python_image, "echo begun")
    bench.images.cancel(source)
    assert bench.images.state(source) == Pending()
    wait_until(lambda: container not in containers_of(bench, python_image, "echo begun"))
    assert bench.names() == []
    assert not (bench.place(source) / "work").exists()


def containers_of(bench, image, command):
    with bench.engine.ask() as client:
        return [each["Id"] for each in client.containers(all=True) if command in each["Command"]]


def start_and_wait(home, version, url, source, begun):
    Images(home, Engine(url)).start(source, version, "one")
    begun.set()
    time.sleep(600)


def test_a_build_outlives_the_agent_and_the_next_one_finds_it(bench, python_image):
    text = f"FROM {python_image}\nRUN sleep 1.5; echo {time.time_ns()} > /made\n"
    source = built(bench, "outlives", text)
    spawn = multiprocessing.get_context("spawn")
    begun = spawn.Event()
    agent = spawn.Process(target=start_and_wait, args=(bench.home, bench.version, bench.engine.url, source, begun))
    agent.start()
    assert begun.wait(60)
    os.kill(agent.pid, signal.SIGKILL)
    agent.join()
    began = json.loads((bench.place(source) / "work/job/spawned.json").read_text())
    assert isinstance(bench.make(source), Ready)
    assert json.loads((bench.place(source) / "work/job/spawned.json").read_text()) == began


def test_a_job_that_was_killed_is_begun_again(bench, python_image):
    source = slow(bench, python_image, "killed")
    job = bench.place(source) / "work/job"
    pid = json.loads((job / "started.json").read_text())["pid"]
    for each in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
        each.kill()
    wait_until(lambda: runner.state(job) == runner.Lost())
    assert bench.images.state(source) == Pending()
    bench.images.start(source, bench.version, "one")
    wait_until(lambda: runner.state(job) == runner.Running())
    bench.images.cancel(source)


def test_the_sweep_leaves_what_is_needed_and_what_a_container_uses(bench):
    needed, used, old = (built(bench, content) for content in ("needed", "used", "old"))
    for source, content in ((needed, "needed"), (used, "used"), (old, "old")):
        bench.write({"content": content})
        bench.make(source)
    with bench.engine.ask() as client:
        container = client.create_container(bench.images.name(used), ["none"])["Id"]
    try:
        assert bench.images.sweep([needed.build.key]) == [bench.images.name(old)]
        assert bench.names() == sorted(bench.images.name(each) for each in (needed, used))
    finally:
        with bench.engine.ask() as client:
            client.remove_container(container)
    assert bench.images.sweep([needed.build.key]) == [bench.images.name(used)]
    assert not bench.place(old).exists()
    assert bench.place(needed).exists()


def test_our_name_goes_from_an_image_that_a_container_of_others_uses_by_its_own_name(bench, python_image):
    source = ImageSource(python_image, pin="1" * 64)
    bench.make(source)
    with bench.engine.ask() as client:
        theirs = client.create_container(python_image, ["none"])["Id"]
    try:
        assert bench.images.sweep([]) == [bench.images.name(source)]
    finally:
        with bench.engine.ask() as client:
            client.remove_container(theirs)


def test_the_sweep_ends_jobs_that_nobody_needs(bench, python_image):
    source = slow(bench, python_image, "swept")
    assert bench.images.sweep([]) == []
    assert not bench.place(source).exists()


def test_a_name_that_somebody_gave_beside_ours_stays(bench):
    source = built(bench, "kept as a copy")
    bench.make(source)
    name = bench.images.name(source)
    with bench.engine.ask() as client:
        client.tag(name, name, "backup")
    assert bench.images.sweep([]) == [name]
    with bench.engine.ask() as client:
        assert [each["RepoTags"] for each in client.images(name)] == [[f"{name}:backup"]]
        client.remove_image(f"{name}:backup")


def test_what_another_image_begins_with_stays_below_it(bench):
    source = built(bench, "a base")
    bench.make(source)
    files = {"Dockerfile": f"FROM {bench.images.name(source)}\nLABEL other=1\n".encode()}
    theirs = build_image(bench.engine, "beanstalk-tests/above", files)
    assert bench.images.sweep([]) == [bench.images.name(source)]
    assert look_into(bench.engine, theirs, "/content") == {"content": "a base"}
    with bench.engine.ask() as client:
        client.remove_image(theirs)


def test_images_of_others_are_never_touched(bench):
    source = built(bench, "shared with somebody")
    bench.make(source)
    theirs = "beanstalk-tests/theirs:1"
    with bench.engine.ask() as client:
        client.tag(bench.images.name(source), "beanstalk-tests/theirs", "1")
        bench.images.sweep([])
        assert client.images(theirs)
        client.remove_image(theirs)


def test_an_engine_that_is_away_is_told(tmp_path):
    images = Images(Home(tmp_path / "home"), Engine(f"unix://{tmp_path}/nobody.sock"))
    source = ImageSource(build=ImageBuild("0" * 64))
    for ask in (images.state, lambda source: images.start(source, tmp_path)):
        with pytest.raises(EngineAway, match="no container engine answers"):
            ask(source)


def test_a_disk_that_refuses_is_told(tmp_path, engine):
    (tmp_path / "file").touch()
    images = Images(Home(tmp_path / "file/home"), engine)
    with pytest.raises(TargetError, match=r"the image cannot be made: .*Not a directory"):
        images.start(ImageSource(reference="shop"), tmp_path)
