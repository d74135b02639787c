"""Scripts of a bundle on their way into a deployment, and what is told of those that are none here."""

from __future__ import annotations

import json

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.model import OptionSetting, Policy
from beanstalk.service import changes, updates
from beanstalk.workload import Workload

OPTION = "{'Fn::GetOptionSetting': {Namespace: 'aws:autoscaling:asg', OptionName: MaxSize}}"
FILES = {
    ".ebextensions/a.config": f"container_commands:\n  one: {{command: {OPTION}}}\npackages: {{yum: {{git: []}}}}\n",
    ".platform/hooks/predeploy/two": "#!/bin/sh\n",
    ".platform/confighooks/predeploy/three": "#!/bin/sh\n",
    "Buildfile": "four: make\n",
}


@pytest.fixture
def deployed(bench):
    bench.create()
    made = bench.version("v2", **FILES)
    bench.finish(changes.begin(bench.service, updates.prepare_deploy(bench.service, "prod-1", made.version)))
    return bench


def test_the_scripts_of_the_bundle_are_written_down_with_the_deployment(deployed):
    environment = deployed.store.environment("prod-1")
    text = deployed.store.deployments.get(environment.deployment_id).workload_json
    scripts = Workload.from_json(json.loads(text)).scripts
    assert [script.name for script in scripts] == ["four", "one", "two", "three"]


def test_what_is_not_applied_here_is_told_with_the_reason(deployed):
    warnings = [str(each) for each in updates.prepare_restart(deployed.service, "prod-1").warnings]
    (text,) = [each for each in warnings if "not applied" in each]
    assert text.startswith(".ebextensions/a.config:3:1: packages is not applied: it changes the machine")


def test_a_script_that_becomes_another_one_needs_new_instances(deployed):
    def resized(size):
        settings = [OptionSetting("aws:autoscaling:asg", "MaxSize", str(size))]
        return updates.prepare_configure(deployed.service, "prod-1", settings)

    assert resized(4).rollout.policy is Policy.RESIZE
    assert resized(5).rollout.policy is Policy.ADDITIONAL_BATCH


def test_the_same_scripts_need_none(deployed):
    assert updates.prepare_deploy(deployed.service, "prod-1", deployed.version("v2", **FILES).version).unchanged


def test_a_hook_that_cannot_be_started_is_refused_before_anything_happens(bench):
    bench.create()
    made = bench.version("v2", **{".platform/hooks/predeploy/two": "no first line\n"})
    before = bench.rows()
    with pytest.raises(InvalidInput, match=r"\.platform/hooks/predeploy/two:1: the file has no #! line"):
        updates.prepare_deploy(bench.service, "prod-1", made.version)
    assert bench.rows() == before
