"""What is behind mounts: never anything outside of what belongs to the instance, whatever the bundle holds."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from beanstalk.containers import Container, Mount, MountKind
from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.container_mounts import mounts_of, private_folder, volume_name
from tests.targets.local.container_bench import INSTANCE, NONE, Bench, other, shell, wait_until

BUNDLE, HOST, LOGS, VOLUME = MountKind.BUNDLE, MountKind.HOST, MountKind.LOGS, MountKind.VOLUME


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.instance("e-1", "i-1").mkdir(parents=True)
    return home


def source(home, kind, path):
    """What a mount of this kind is of."""
    container = Container("web", NONE, mounts=(Mount(kind, path, "/inside"),))
    return mounts_of(home, Labels.of(home), INSTANCE, container)[0]["Source"]


@pytest.mark.parametrize("kind", [BUNDLE, HOST, LOGS])
@pytest.mark.parametrize(
    "path", ["..", "../i-2", "a/../../x", "/../etc", "a/..", "up", "up/x", "deep/up/etc", "link", "loop"]
)
def test_a_path_that_leads_out_is_refused(home, kind, path):
    top = {
        BUNDLE: home.instance("e-1", "i-1"),
        HOST: private_folder(home, "e-1", "i-1") / "host",
        LOGS: home.logs("e-1", "i-1"),
    }[kind]
    (top / "deep").mkdir(parents=True)
    (top / "a").mkdir()
    (top / "up").symlink_to("..")
    (top / "deep/up").symlink_to("/")
    (top / "link").symlink_to("/etc/passwd")
    (top / "loop").symlink_to("loop")
    with pytest.raises(TargetError, match=r"leads out of|cannot be made") as caught:
        source(home, kind, path)
    assert path in caught.value.problem


def test_a_link_that_stays_inside_is_followed(home):
    folder = home.instance("e-1", "i-1")
    (folder / "real").mkdir()
    (folder / "named").symlink_to("real")
    assert source(home, BUNDLE, "named") == str(folder.resolve() / "real")


def test_the_bundle_is_mounted_whole_or_a_folder_or_a_file_of_it(home):
    folder = home.instance("e-1", "i-1")
    (folder / "conf").mkdir()
    (folder / "conf/nginx.conf").write_text("")
    assert source(home, BUNDLE, "") == str(folder.resolve())
    assert source(home, BUNDLE, "conf/nginx.conf") == str(folder.resolve() / "conf/nginx.conf")


def test_a_folder_of_the_machine_is_a_private_one_of_the_instance_that_anybody_inside_may_write(home):
    place = Path(source(home, HOST, "/var/data"))
    assert place == private_folder(home, "e-1", "i-1").resolve() / "host/var/data"
    assert stat.S_IMODE(place.stat().st_mode) == 0o777
    assert list(place.iterdir()) == []


def test_logs_are_below_those_of_the_instance(home):
    assert source(home, LOGS, "nginx") == str(home.logs("e-1", "i-1").resolve() / "nginx")


def test_a_folder_that_cannot_be_made_is_said(home):
    home.logs("e-1", "i-1").parent.mkdir(parents=True, exist_ok=True)
    home.logs("e-1", "i-1").write_text("in the way")
    with pytest.raises(TargetError, match="the mount nginx on /inside cannot be made"):
        source(home, LOGS, "nginx")


def test_volumes_are_named_after_instance_and_source_and_nameless_ones_after_their_place(home):
    labels = Labels.of(home)
    shared, own = Mount(VOLUME, "files", "/a"), Mount(MountKind.NAMELESS, "", "/a")

    def name(instance_id, container, mount):
        return volume_name(labels, instance_id, container, mount)

    assert name("i-1", "web", shared) == name("i-1", "db", Mount(VOLUME, "files", "/b"))
    others = [name("i-2", "web", shared), name("i-1", "web", own), name("i-1", "db", own), name("i-1", "web", shared)]
    assert len(set(others)) == 4
    assert all(labels.are_on(labels.of_instance(INSTANCE), each) is ("-i-1-" in each) for each in others)


@pytest.fixture
def bench(engine, python_image, tmp_path):
    bench = Bench(tmp_path / "home", engine, python_image)
    yield bench
    bench.close()


@pytest.mark.docker
def test_every_kind_of_mount_is_where_it_should_be(bench):
    folder = bench.home.instance("e-1", "i-1")
    folder.mkdir()
    (folder / "app.py").write_text("from the bundle")
    mounts = (
        Mount(BUNDLE, "", "/bundle"),
        Mount(BUNDLE, "app.py", "/one.py", read_only=True),
        Mount(HOST, "/var/data", "/data"),
        Mount(LOGS, "web", "/var/log/web"),
        Mount(VOLUME, "files", "/files"),
        Mount(MountKind.NAMELESS, "", "/own"),
        Mount(MountKind.TMPFS, "", "/memory", size=1 << 20),
    )
    identity = bench.start(shell("web", "exec sleep 600", mounts=mounts))
    assert bench.run(identity, "cat", "/bundle/app.py", "/one.py") == "from the bundle" * 2
    assert "Read-only" in bench.run(identity, "touch", "/one.py")
    for place in ("data", "var/log/web", "files", "own", "memory"):
        assert bench.run(identity, "sh", "-c", f"echo there > /{place}/x && cat /{place}/x") == "there\n"
    assert (bench.home.logs("e-1", "i-1") / "web/x").read_text() == "there\n"
    assert (private_folder(bench.home, "e-1", "i-1") / "host/var/data/x").read_text() == "there\n"
    assert "No space left" in bench.run(identity, "sh", "-c", "head -c 2000000 /dev/zero > /memory/y")
    bench.kill()
    assert bench.left() == []
    assert not private_folder(bench.home, "e-1", "i-1").exists()
    assert not folder.exists()
    assert (bench.home.logs("e-1", "i-1") / "web/x").exists()


@pytest.mark.docker
def test_any_user_may_write_to_logs_and_private_folders(bench):
    mounts = (Mount(HOST, "/var/data", "/data"), Mount(LOGS, "web", "/logs"))
    identity = bench.start(shell("web", "exec sleep 600", user="app", mounts=mounts))
    for place in ("data", "logs"):
        assert bench.run(identity, "sh", "-c", f"echo there > /{place}/x && cat /{place}/x") == "there\n"


@pytest.mark.docker
def test_a_link_that_one_container_makes_leads_no_other_one_out(bench):
    bench.home.instance("e-1", "i-1").mkdir()
    first = shell("first", "ln -s / /all/out; echo done; exec sleep 600", mounts=(Mount(BUNDLE, "", "/all"),))
    bench.start(first)
    wait_until(lambda: (bench.home.instance("e-1", "i-1") / "out").is_symlink())
    second = shell("second", "exec sleep 600", mounts=(Mount(BUNDLE, "out", "/host"),))
    with pytest.raises(TargetError, match="leads out of the bundle"):
        bench.start(second)


@pytest.mark.docker
def test_a_container_that_is_started_again_is_not_led_out_either(bench):
    folder = bench.home.instance("e-1", "i-1") / "part"
    folder.mkdir(parents=True)
    container = shell("web", "exit 3", mounts=(Mount(BUNDLE, "part", "/part"),))
    identity = bench.start(container)
    bench.ended({"web": identity})
    folder.rmdir()
    folder.symlink_to("/etc")
    with pytest.raises(TargetError, match="leads out of the bundle"):
        wait_until(lambda: bench.host.restart(INSTANCE, container))


@pytest.mark.docker
def test_instances_do_not_share_the_folders_of_the_machine(bench):
    container = shell("web", "exec sleep 600", mounts=(Mount(HOST, "/var/data", "/data"),))
    one, two = (bench.start(container, instance=other(number)) for number in (1, 2))
    bench.run(one, "touch", "/data/x")
    assert bench.run(two, "ls", "/data") == ""
