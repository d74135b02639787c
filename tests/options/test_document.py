"""The page of all options: complete, and true about what the local target acts on. See also `test_docs`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from beanstalk.container_groups import container_group
from beanstalk.options.catalogue import PROPERTIES, SECRETS, catalogue
from beanstalk.options.circumstances import Circumstances
from beanstalk.options.resolve import Configuration, Layer, parse_option, resolve
from beanstalk.platform_image import platform_group
from beanstalk.platforms import find_platform, list_platforms, sample_files
from beanstalk.service.configuration import OURS, rollout_for
from beanstalk.source.ebextensions import read_extensions
from beanstalk.workload import make_workload
from tests.bundles import make_bundle

AS_WORKER = Circumstances("Python", "Worker")
PAGE = Path(__file__).parents[2] / "docs/options.md"
BULK = (PROPERTIES, SECRETS)
"""Of these all names are asked for at once."""


def test_the_page_has_every_namespace_and_every_option():
    text = PAGE.read_text()
    for namespace in catalogue().namespaces.values():
        section = text.partition(f"\n## `{namespace.name}`\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith(("| `", "| *"))]
        assert len(rows) == len(namespace.options)
        for name in (*namespace.options, *namespace.aliases):
            assert f"`{name}`" in section or name == "*"


def asked_for(monkeypatch, tmp_path, *options: str) -> set[tuple[str, str]]:
    """The options that are read while a workload, a group of containers and a rollout are made."""
    configuration = resolve({Layer.ENVIRONMENT: [parse_option(option) for option in options]})
    asked = set()
    read = Configuration.resolved

    def note(self, namespace, name, *rest):
        asked.add((namespace, name))
        return read(self, namespace, name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Configuration, "resolved", note)
        bundle = make_bundle(tmp_path, {"application.py": "", "Dockerfile": "FROM a\nEXPOSE 80"})
        make_workload(bundle, configuration, find_platform("python"))
        make_workload(bundle, replace(configuration, circumstances=AS_WORKER), find_platform("python"))
        container_group(bundle, configuration)
        for platform in [each for each in list_platforms() if each.image and each.sample]:
            sample = make_bundle(tmp_path / platform.name, sample_files(platform))
            platform_group(sample, configuration, platform, read_extensions([]))
        rollout_for(configuration, 0)
    return asked


def test_what_is_marked_as_local_is_what_a_workload_and_a_rollout_ask_for(monkeypatch, tmp_path):
    asked = asked_for(monkeypatch, tmp_path)
    marked = {(option.namespace, option.name) for option in catalogue().options() if option.local}
    only_a_limit, in_bulk = {("aws:autoscaling:asg", "MaxSize")}, {key for key in marked if key[0] in BULK}
    before_all_that = {(OURS, "Mode")}  # it decides which of them is made
    assert asked == marked - only_a_limit - in_bulk - before_all_that
