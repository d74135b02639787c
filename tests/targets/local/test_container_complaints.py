"""What engines of several versions say, and what people read. test_containers has the words of the one that is here."""

from __future__ import annotations

import pytest

from beanstalk.targets.local.container_complaints import explain
from beanstalk.targets.local.engine import EngineRefused

OLD = "OCI runtime create failed: container_linux.go:380: starting container process caused: "
SHIM = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (OLD + 'exec: "gunicorn": executable file not found in $PATH: unknown', "its image has no program gunicorn"),
        (SHIM + 'exec: "gunicorn": executable file not found in $PATH: unknown', "its image has no program gunicorn"),
        (
            SHIM + 'error during container init: exec: "/run.sh": stat /run.sh: no such file or directory: unknown',
            "its image has no program /run.sh",
        ),
        (SHIM + 'exec: "/run.sh": permission denied: unknown', "/run.sh of its image is no program"),
        ("exec /bin/app: exec format error", "/bin/app is not for this machine's processor"),
        (
            'process_linux.go:545: container init caused: error mounting "/a/b" to rootfs at "/etc/x.conf": mount '
            "/a/b:/etc/x.conf (via /proc/self/fd/6), flags: 0x5000: not a directory: unknown",
            "/etc/x.conf is a file in the image and a folder outside, or the other way round",
        ),
        (SHIM + 'chdir to cwd ("/root/x") set in config.json failed: permission denied', "working directory /root/x"),
        ("unable to find user shop: no matching entries in passwd file", "its image has no user or group shop"),
        ("Minimum memory limit allowed is 6MB", "its memory limit is below the least, 6MB"),
        (
            "Minimum memory limit can not be less than memory reservation limit, see usage",
            "its memory reservation is more than its memory limit",
        ),
        ("Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", "more processors than the 2.00"),
        ("Duplicate mount point: /data", "two mounts are on /data"),
        ("No such image: shop:1", "its image is not on the engine"),
        ("No command specified", "neither its image nor the bundle says what to run"),
        (OLD + "process_linux.go:545: container init caused: something new: unknown", "init caused: something new"),
        ("something else altogether", "something else altogether"),
    ],
)
def test_a_complaint_is_one_sentence_that_names_the_container(said, text):
    error = explain("web", EngineRefused(said, 400))
    assert error.problem.startswith("web cannot be started: ")
    assert text in error.problem
    assert "OCI" not in error.problem
    assert not error.problem.endswith("unknown")
