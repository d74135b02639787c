"""An engine that is stopped and started again, with all its containers ended meanwhile."""

from __future__ import annotations

import pytest

from beanstalk.targets.local.engine import Engine
from tests.engine import make_python_image
from tests.targets.local.container_bench import INSTANCE, Bench, group, other, shell, wait_until

pytestmark = pytest.mark.docker


def test_containers_that_ended_with_their_engine_count_as_ended_and_others_start(own_daemon, tmp_path):
    engine = Engine(own_daemon.url)
    bench = Bench(tmp_path / "home", engine, make_python_image(engine))
    container = shell("web", "echo first; exec sleep 600")
    identities = {"web": bench.start(container)}
    wait_until(lambda: bench.host.ended(identities) or bench.said())
    own_daemon.stop()
    assert wait_until(lambda: bench.host._view.look() is None)
    assert bench.host.ended(identities) is None
    assert bench.host.start(other(2), group(container), container, {}, bench.image) is None
    assert not bench.host.gone(INSTANCE, identities)
    own_daemon.start()
    assert bench.ended(identities).code != 0
    assert bench.host.ended({"web": bench.start(container, instance=other(2))}) is None
    assert wait_until(lambda: bench.host.restart(INSTANCE, container)) == identities["web"]
    wait_until(lambda: bench.host.ended(identities) or bench.said() == "first\nfirst\n")
    bench.close()
    assert bench.left() == []
