"""What every load balancer promises, asked of each of them with real servers behind it."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import stat
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from beanstalk.errors import TargetError
from beanstalk.targets.local import proxy
from beanstalk.targets.local.balancer import MEMBERS, SLOTS, Pool, find_balancer
from beanstalk.targets.local.places import Departures
from benchmarks.load import Load
from tests.targets.local.site import BLOG, KINDS, SHOP, WIKI, Site, exchange, free_port, pools, wait_until
from tests.targets.local.upstreams import Upstreams

pytestmark = pytest.mark.real


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams() as servers:
        yield servers


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    # Far longer than the path of a unix socket may be.
    site = Site(request.param, tmp_path / ("x" * 120))
    assert site.balancer.ensure_running()
    yield site
    site.kill()
    assert site.processes() == []


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


# What a request gets


def test_a_name_nobody_has_is_answered_404_with_the_name(site: Site) -> None:
    assert site.ask("nobody.localhost:8080") == (404, "beanstalk: no environment has the name nobody.localhost\n")


@pytest.mark.parametrize("host", ["../../pools.json", "..", "%2e%2e", "<nobody>", "", "*", "shop.localhost.evil"])
def test_a_strange_host_is_no_environment(site: Site, upstreams: Upstreams, host: str) -> None:
    site.serve(shop=[upstreams.start("a")])
    assert site.ask(host)[0] in (400, 404)


def test_an_environment_without_instances_answers_503_at_once(site: Site) -> None:
    site.serve(shop=[])
    with closing(site.connect()) as connection:
        answer = exchange(connection, SHOP)
        assert (answer.status, answer.getheader("Retry-After")) == (503, "1")
        assert answer.read() == b"beanstalk: no instance in service\n"


def test_names_are_compared_without_case_and_port(site: Site, upstreams: Upstreams) -> None:
    site.serve(shop=[upstreams.start("a")], blog=[])
    assert site.ask("SHOP.LocalHost:1234") == (200, "a")
    assert site.ask("BLOG.LocalHost:1234")[0] == 503


def test_the_instance_learns_who_asks_and_how(site: Site, upstreams: Upstreams) -> None:
    site.serve(shop=[upstreams.start("a")])
    pretended = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
    for sent, client in (({}, "127.0.0.1"), (pretended, "192.0.2.7, 127.0.0.1")):
        _, head = site.ask("shop.localhost:8080", "/head", headers=sent)
        headers = {name.lower(): value for name, value in (row.split(": ") for row in head.strip().split("\r\n")[1:])}
        assert headers["host"] == "shop.localhost:8080"
        assert headers["x-forwarded-for"] == client
        assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", str(site.port))


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_arrive_whole(site: Site, upstreams: Upstreams, chunked: bool) -> None:
    site.serve(shop=[upstreams.start("a")])
    body = random.randbytes(5_000_000)
    sent = iter([body[:70_000], body[70_000:]]) if chunked else body
    assert site.ask(
        SHOP,
        "/body",
        "POST",
        body=sent,
        encode_chunked=chunked,
        headers=({"Transfer-Encoding": "chunked"} if chunked else {}),
    ) == (200, hashlib.sha256(body).hexdigest())


def test_equal_members_take_turns(site: Site, upstreams: Upstreams) -> None:
    site.serve(shop=[upstreams.start(name) for name in "abcd"])
    counts = Counter(site.ask(SHOP)[1] for _ in range(40))
    assert set(counts) == set("abcd") and max(counts.values()) <= 12


def test_weights_are_shares_of_the_requests(site: Site, upstreams: Upstreams) -> None:
    old, new = upstreams.start("old"), upstreams.start("new")
    site.balancer.apply({0: Pool(SHOP, ((old.address, 90), (new.address, 10)))})
    with closing(site.connect()) as connection:
        counts = Counter(exchange(connection, SHOP).read() for _ in range(1000))
    assert counts[b"old"] + counts[b"new"] == 1000
    assert 90 <= counts[b"new"] <= 110


# What happens when an instance fails


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_is_tried_elsewhere(site: Site, upstreams: Upstreams, method: str) -> None:
    dead, alive = upstreams.start("dead"), upstreams.start("alive")
    site.serve(shop=[dead, alive])
    upstreams.stop(dead)
    digest = hashlib.sha256(b"12345").hexdigest()
    assert [site.ask(SHOP, "/body", method, body=b"12345") for _ in range(6)] == [(200, digest)] * 6


def test_a_request_without_an_answer_is_repeated_unless_it_may_change_something(
    site: Site, upstreams: Upstreams
) -> None:
    instances = [upstreams.start("a"), upstreams.start("b")]
    site.serve(shop=instances)
    for method, repeated in (("POST", False), ("PUT", False), ("DELETE", False), ("GET", True)):
        assert site.ask(SHOP, "/break", method)[0] in (0, 502, 503)
        lines = [line for instance in instances for line in instance.seen if line.startswith(method)]
        assert (len(lines) > 1) is repeated


def test_no_get_is_lost_when_an_instance_dies(site: Site, upstreams: Upstreams) -> None:
    instances = [upstreams.start(name) for name in "abcd"]
    site.serve(shop=instances)
    with Load(site.port, SHOP, rate=200, connections=8) as load:
        upstreams.stop(instances[0])
        site.serve(shop=instances[1:])
        wait_until(lambda: load.now.ok > 100)
        assert load.stop().lost == {}


# Changes


def test_the_same_again_changes_nothing(site: Site, upstreams: Upstreams) -> None:
    a, b = upstreams.start("a"), upstreams.start("b")
    assert site.serve(shop=[a, b], blog=[])
    assert not site.serve(shop=[a, b], blog=[])
    assert not site.again().apply(pools(shop=[a, b], blog=[]))
    assert site.serve(shop=[a], blog=[])
    assert site.again().apply({})
    assert site.ask(SHOP)[0] == 404


def test_every_change_is_seen_by_the_next_request(site: Site, upstreams: Upstreams) -> None:
    a, b = upstreams.start("a"), upstreams.start("b")
    steps = [
        ({"shop": [a]}, 200, "a"),
        ({"shop": [b]}, 200, "b"),
        ({"shop": []}, 503, None),
        ({}, 404, None),
        ({"blog": [b]}, 404, None),
        ({"blog": [b], "shop": [a]}, 200, "a"),
    ]
    with closing(site.connect()) as connection:
        for hosts, status, text in steps * 3:
            site.serve(**hosts)
            answer = exchange(connection, SHOP)
            body = answer.read().decode()
            assert (answer.status, text and body) == (status, text)


def test_a_place_given_to_another_environment_serves_only_that(site: Site, upstreams: Upstreams) -> None:
    a, b = upstreams.start("a"), upstreams.start("b")
    for _ in range(5):
        site.balancer.apply({0: Pool(SHOP, ((a.address, 1),)), 1: Pool(BLOG, ((b.address, 1),))})
        assert (site.ask(SHOP)[1], site.ask(BLOG)[1]) == ("a", "b")
        site.balancer.apply({0: Pool(BLOG, ((b.address, 1),)), 1: Pool(WIKI, ((a.address, 1),))})
        assert (site.ask(SHOP)[0], site.ask(BLOG)[1], site.ask(WIKI)[1]) == (404, "b", "a")


def test_names_swap_at_once_without_a_loss_or_a_wrong_answer(site: Site, upstreams: Upstreams) -> None:
    blue, green, other = (upstreams.start(name, name) for name in ("blue", "green", "other"))
    site.serve(shop=[blue], blog=[green], wiki=[other])
    with (
        Load(site.port, SHOP, rate=150, connections=4) as shop,
        Load(site.port, BLOG, rate=150, connections=4) as blog,
        Load(site.port, WIKI, rate=150, connections=4) as bystander,
    ):
        for turn in range(20):
            names = ("blue", "green") if turn % 2 else ("green", "blue")
            first, second = (blue, green) if turn % 2 else (green, blue)
            site.serve(shop=[first], blog=[second], wiki=[other])
            assert (site.ask(SHOP)[1], site.ask(BLOG)[1]) == names
        reports = [load.stop() for load in (shop, blog, bystander)]
    assert [report.lost for report in reports] == [{}, {}, {}]
    assert set(reports[2].by_version) == {"other"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_request_is_lost_while_members_are_replaced(site: Site, upstreams: Upstreams, method: str) -> None:
    members = [upstreams.start(f"old{n}", "old") for n in range(3)]
    site.serve(shop=members)
    with Load(site.port, SHOP, rate=250, connections=8, method=method) as load:
        for n in range(3):
            leaving = members.pop(0)
            members.append(upstreams.start(f"new{n}", "new"))
            site.serve(shop=members)
            wait_until(lambda gone=leaving: site.balancer.inflight(gone.address) == 0)
            upstreams.stop(leaving)
        wait_until(lambda: load.now.by_version.get("new", 0) > 50)
        report = load.stop()
    assert report.lost == {}
    assert set(report.by_instance) >= {"new0", "new1", "new2"}


def test_requests_finish_at_an_instance_that_left(
    site: Site, upstreams: Upstreams, executor: ThreadPoolExecutor
) -> None:
    leaving, staying = upstreams.start("leaving"), upstreams.start("staying")
    site.serve(shop=[leaving])
    slow = [executor.submit(site.ask, SHOP, "/slow", method) for method in ["GET", "POST"] * 4]
    wait_until(lambda: leaving.waiting == 8)
    site.serve(shop=[staying])
    assert site.balancer.inflight(leaving.address) >= 8
    assert [site.ask(SHOP)[1] for _ in range(20)] == ["staying"] * 20
    assert site.balancer.inflight(leaving.address) >= 8
    upstreams.release(leaving)
    assert [answer.result() for answer in slow] == [(200, "leaving")] * 8
    wait_until(lambda: site.balancer.inflight(leaving.address) == 0)
    assert len(leaving.seen) == 8


def test_inflight_follows_an_address_while_others_come_and_go(
    site: Site, upstreams: Upstreams, executor: ThreadPoolExecutor
) -> None:
    leaving = upstreams.start("leaving")
    site.serve(shop=[leaving])
    slow = executor.submit(site.ask, SHOP, "/slow")
    wait_until(lambda: leaving.waiting == 1)
    for n in range(30):
        site.serve(shop=[upstreams.start(f"next{n}")])
        assert site.ask(SHOP)[1] == f"next{n}"
    assert site.balancer.inflight(leaving.address) >= 1
    assert site.again().inflight(leaving.address) >= 1
    upstreams.release(leaving)
    assert slow.result() == (200, "leaving")


def test_inflight_is_never_too_early(site: Site, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = upstreams.start("one"), upstreams.start("two")
    site.serve(shop=[one])
    monkeypatch.setattr(Departures, "is_settling", lambda *_: False)
    assert site.balancer.inflight(one.address) >= 1
    site.serve(shop=[two])
    assert site.balancer.inflight(one.address) == 0
    monkeypatch.setattr(Departures, "is_settling", lambda *_: True)
    assert site.balancer.inflight(one.address) >= 1


def test_an_upgraded_connection_lives_until_its_instance_stops(site: Site, upstreams: Upstreams) -> None:
    mine, other = upstreams.start("mine"), upstreams.start("other")
    site.serve(shop=[mine])
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(
            b"GET /chat HTTP/1.1\r\nHost: shop.localhost\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n"
        )
        stream = connection.makefile("rb")
        assert stream.readline().split()[1] == b"101"
        while stream.readline().strip():
            pass
        for members in ([mine, other], [mine], [other], [other, upstreams.start("third")], []):
            site.serve(shop=members, blog=[])
            connection.sendall(b"still there?\n")
            assert stream.readline() == b"still there?\n"
        assert site.balancer.inflight(mine.address) >= 1
        upstreams.stop(mine)
        with suppress(ConnectionResetError):
            assert stream.read() == b""
    wait_until(lambda: site.balancer.inflight(mine.address) == 0)


def test_events_arrive_as_they_are_said(site: Site, upstreams: Upstreams) -> None:
    mine = upstreams.start("mine")
    site.serve(shop=[mine])
    with closing(site.connect()) as connection:
        upstreams.say(mine, "first\n")
        answer = exchange(connection, SHOP, "/events")
        assert answer.readline() == b"first\n"
        site.serve(shop=[upstreams.start("other")])
        upstreams.say(mine, "second\n")
        assert answer.readline() == b"second\n"


def test_a_balancer_holds_32_environments_with_100_instances_each(site: Site, upstreams: Upstreams) -> None:
    real = upstreams.start("real")
    full = {
        slot: Pool(f"e{slot}.localhost", tuple((f"127.9.{slot}.{n + 1}:9", 1) for n in range(MEMBERS)))
        for slot in range(SLOTS - 1)
    }
    full[SLOTS - 1] = Pool(SHOP, ((real.address, 1),))
    assert site.balancer.apply(full)
    assert site.ask(SHOP) == (200, "real")
    assert not site.again().apply(full)
    with pytest.raises(ValueError, match="a balancer holds 32 environments"):
        site.balancer.apply(full | {SLOTS: Pool(BLOG, ())})
    assert site.ask(SHOP) == (200, "real")


# The process


def test_after_a_kill_it_comes_back_with_the_right_state(site: Site, upstreams: Upstreams) -> None:
    a, b = upstreams.start("a"), upstreams.start("b")
    site.serve(shop=[a], blog=[b])
    site.serve(shop=[b], blog=[a], wiki=[])
    site.kill()
    assert site.again().ensure_running()
    assert (site.ask(SHOP)[1], site.ask(BLOG)[1], site.ask(WIKI)[0]) == ("b", "a", 503)
    assert not site.balancer.ensure_running()
    assert not site.serve(shop=[b], blog=[a], wiki=[])
    assert site.serve(shop=[a])
    assert (site.ask(SHOP)[1], site.ask(BLOG)[0]) == ("a", 404)


def test_another_object_adopts_the_one_that_runs(
    site: Site, upstreams: Upstreams, executor: ThreadPoolExecutor
) -> None:
    a, b = upstreams.start("a"), upstreams.start("b")
    site.serve(shop=[a])
    slow = executor.submit(site.ask, SHOP, "/slow")
    wait_until(lambda: a.waiting == 1)
    heir = site.again()
    assert not heir.ensure_running()
    assert heir.pid() == site.balancer.pid()
    assert heir.apply(pools(shop=[b]))
    assert site.ask(SHOP)[1] == "b"
    assert heir.inflight(a.address) >= 1
    upstreams.release(a)
    assert slow.result() == (200, "a")


@pytest.mark.parametrize("damage", ["", "{}", "{", '{"pid": 1, "created": 1.0}'])
def test_a_process_whose_pid_was_not_written_down_is_found(site: Site, damage: str) -> None:
    pid_file = site.folder / "balancer" / f"{site.kind}.pid"
    pid = site.balancer.pid()
    pid_file.unlink() if not damage else pid_file.write_text(damage)
    heir = site.again()
    assert not heir.ensure_running()
    assert heir.pid() == pid
    assert pid_file.exists()
    assert len(site.processes()) == 1


def test_it_is_a_session_of_its_own_with_private_files(site: Site) -> None:
    pid = site.balancer.pid()
    assert pid is not None and os.getsid(pid) == pid
    folder = site.folder / "balancer"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    sockets = [path for path in folder.iterdir() if path.is_socket()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in sockets} <= {0o600}
    listening = [c.laddr for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert set(listening) == {("127.0.0.1", site.port)}


def test_another_port_means_another_process(site: Site, upstreams: Upstreams) -> None:
    site.serve(shop=[upstreams.start("a")])
    old, site.port = site.port, free_port()
    site.balancer = site.again()
    assert site.balancer.ensure_running()
    assert site.ask(SHOP) == (200, "a")
    site.port = old
    assert site.ask(SHOP) == (0, "")
    assert len(site.processes()) == 1


def test_stop_lets_requests_finish_and_leaves_nothing(
    site: Site, upstreams: Upstreams, executor: ThreadPoolExecutor
) -> None:
    a = upstreams.start("a")
    site.serve(shop=[a])
    slow = executor.submit(site.ask, SHOP, "/slow")
    wait_until(lambda: a.waiting == 1)
    stopping = executor.submit(site.balancer.stop)
    # Refused by HAProxy; with Caddy it waits in the queue of the socket, which stays open until the end.
    wait_until(lambda: site.ask(SHOP, timeout=0.5)[0] == 0)
    upstreams.release(a)
    assert slow.result() == (200, "a")
    stopping.result()
    assert site.balancer.pid() is None and site.processes() == []
    assert [p for p in (site.folder / "balancer").iterdir() if p.suffix == ".pid" or p.is_socket()] == []


def test_clients_that_never_ask_do_not_hold_up_a_stop(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "CALM_S", 0.5)
    monkeypatch.setattr(proxy, "GRACE_S", 1_000_000)
    with socket.create_connection(("127.0.0.1", site.port)), closing(site.connect()) as idle:
        assert exchange(idle, SHOP).read()
        site.balancer.stop()
    assert site.balancer.pid() is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_taken_port_is_one_clear_error(kind: str, tmp_path: Path) -> None:
    site = Site(kind, tmp_path)
    with socket.create_server(("127.0.0.1", site.port)), pytest.raises(TargetError) as error:
        site.balancer.ensure_running()
    assert f"port {site.port}" in str(error.value) and f"pid {os.getpid()}" in str(error.value)
    assert "BEANSTALK_HTTP_PORT" in error.value.hint
    assert site.balancer.pid() is None


def test_two_balancers_cannot_share_a_port(site: Site, tmp_path: Path) -> None:
    rival = find_balancer(tmp_path / "rival", "127.0.0.1", site.port, site.kind)
    with pytest.raises(TargetError, match=f"pid {site.balancer.pid()}"):
        rival.ensure_running()


def test_the_other_kind_takes_over_with_the_same_state(site: Site, upstreams: Upstreams) -> None:
    site.serve(shop=[upstreams.start("a")])
    assert find_balancer(site.folder, "127.0.0.1", site.port).name == site.balancer.name
    site.kind = KINDS[1 - KINDS.index(site.kind)]
    site.balancer = site.again()
    assert site.balancer.ensure_running()
    assert site.ask(SHOP) == (200, "a")
    assert len(site.processes()) == 1
