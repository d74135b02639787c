"""What has to be on the engine before a Dockerfile is built."""

from __future__ import annotations

import pytest

from beanstalk.targets.local.base_images import base_images

STAGES = """\
ARG TAG=3.12
ARG MIRROR
FROM ${MIRROR}python:$TAG AS build
COPY --from=busybox:1 /bin/sh /bin/sh
FROM build AS packed
COPY --from=build /app /app
COPY --from=0 /app /app2
FROM scratch
COPY --from=python:3.12 /x /x
"""


@pytest.mark.parametrize(
    ("text", "args", "target", "found"),
    [
        ("FROM shop\n", {}, "", ((1, "shop"),)),
        ("# one\nFROM shop:1 \\\n  AS web\n", {}, "", ((2, "shop:1"),)),
        (STAGES, {}, "", ((3, "python:3.12"), (4, "busybox:1"))),
        (
            STAGES,
            {"MIRROR": "mirror.example/", "TAG": "3"},
            "",
            ((3, "mirror.example/python:3"), (4, "busybox:1"), (9, "python:3.12")),
        ),
        (STAGES, {}, "build", ((3, "python:3.12"), (4, "busybox:1"))),
        ("FROM scratch\n", {}, "", ()),
        ("ARG BASE\nFROM $BASE\n", {}, "", ()),
        ("FROM --platform=linux/arm64 shop\n", {}, "", ()),
        ("FROM Not:An:Image\n", {}, "", ()),
        ("FROM shop AS shop\nFROM shop\n", {}, "", ((1, "shop"),)),
        ("FROM one\nFROM two\n", {}, "0", ((1, "one"),)),
        ("", {}, "", ()),
    ],
)
def test_the_images_of_registries_are_found(text, args, target, found):
    assert base_images(text, args, target) == found
