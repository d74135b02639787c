"""Links: a property with the address of another environment, which then is not terminated by mistake."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from beanstalk.errors import BeanstalkError, InvalidInput, Where
from beanstalk.model import OptionSetting
from beanstalk.service import changes, environments, links, updates
from beanstalk.service.configuration import PROPERTIES
from beanstalk.service.links import address_of, link_notices, link_settings, linking_to, links_of
from beanstalk.service.manifest import Base, manifest_of
from beanstalk.service.place import find_environment
from beanstalk.source.manifest import Link

HEAD = "AWSConfigurationTemplateVersion: 1.1.0.0\n"
AT = Where("env.yaml", 3, 8)


def prepare(bench, name="front", text="EnvironmentLinks: {API: api-1}\n", settings=()):
    made = bench.version(f"v-{name}", env_yaml=HEAD + text)
    base = Base(manifest_of(made.packed.bundle))
    return environments.prepare_create(bench.service, name, made.version, made.packed.bundle, settings, base=base)


@pytest.fixture
def linked(bench):
    """front links to api-1."""
    bench.create("api-1", "v1")
    bench.finish(changes.begin(bench.service, prepare(bench)))
    return bench


def properties(bench, name="front"):
    return updates.prepare_configure(bench.service, name).configuration.properties()


@pytest.mark.parametrize(("port", "address"), [(8123, "api-1.localhost:8123"), (80, "api-1.localhost")])
def test_an_address_has_the_port_unless_it_is_the_usual_one(bench, port, address):
    bench.create("api-1", "v1")
    bench.service.home = replace(bench.home, port=port)
    assert address_of(bench.service, find_environment(bench.service, "api-1")) == address


def test_a_link_is_a_property_of_the_new_environment_and_of_its_clone(linked):
    address = address_of(linked.service, find_environment(linked.service, "api-1"))
    assert properties(linked) == {"API": address}
    assert links_of(find_environment(linked.service, "front")) == {"API": "api-1"}
    linked.finish(changes.begin(linked.service, environments.prepare_clone(linked.service, "front", "front-2")))
    assert links_of(find_environment(linked.service, "front-2")) == {"API": "api-1"}


def test_every_link_that_leads_nowhere_is_told(bench):
    bench.create("blog-1", "v1")
    bench.create("other", "v2")
    bench.store.environments.change(bench.store.environment("other").id, application="blog")
    wanted = [Link("A", "blog-1", AT), Link("B", "nope", AT), Link("C", "other", AT), Link("D", "front", AT)]
    with pytest.raises(InvalidInput) as caught:
        link_settings(bench.service, "shop", "front", wanted)
    assert [each.text for each in caught.value.problems] == [
        "B links to nope, and shop has no such environment",
        "C links to other, and shop has no such environment",
        "D links front to itself",
    ]
    assert {each.at for each in caught.value.problems} == {AT}


def test_a_property_that_is_given_needs_no_environment(bench):
    change = prepare(bench, settings=[OptionSetting(PROPERTIES, "API", "http://elsewhere")])
    assert change.configuration.properties() == {"API": "http://elsewhere"}
    text = f"EnvironmentLinks: {{API: api-1}}\nOptionSettings: {{{PROPERTIES}: {{API: here}}}}\n"
    assert prepare(bench, "other", text).configuration.properties() == {"API": "here"}


def test_what_others_link_to_is_not_terminated_unless_that_is_said(linked):
    with pytest.raises(BeanstalkError, match="api-1 is reached by front through a link") as caught:
        environments.terminate(linked.service, "api-1")
    assert "--ignore-links" in caught.value.hint
    assert linked.store.holder(linked.store.environment("api-1").id) is None
    assert environments.terminate(linked.service, "api-1", ignore_links=True).kind == "terminate"


def test_an_environment_whose_cname_was_swapped_away_is_reached_by_nobody(linked):
    api = find_environment(linked.service, "api-1")
    linked.store.environments.change(api.id, cname="api-green")
    assert linking_to(linked.service, find_environment(linked.service, "api-1")) == []


def test_a_property_that_somebody_sets_is_no_link_any_more(linked):
    change = updates.prepare_properties(linked.service, "front", [("API", "elsewhere")])
    linked.finish(changes.begin(linked.service, change))
    assert links_of(find_environment(linked.service, "front")) == {}
    assert environments.terminate(linked.service, "api-1").kind == "terminate"


def test_names_that_no_program_finds_are_told_of_links_alone(linked, monkeypatch):
    monkeypatch.setattr(links, "names_are_found", lambda: False)
    told = [each.text for each in prepare(linked, "again").warnings]
    assert "API: programs on this machine do not find names under localhost" in told
    assert link_notices(updates.prepare_configure(linked.service, "api-1").settings) == ()
    monkeypatch.setattr(links, "names_are_found", lambda: True)
    assert not [text for text in (each.text for each in prepare(linked, "again").warnings) if "localhost" in text]


def test_a_link_survives_the_store(linked):
    rows = json.loads(linked.store.environment("front").settings_json)
    [row] = [row for row in rows if row["OptionName"] == "API"]
    assert (row["Link"], row["At"], row["Layer"]) == ("api-1", ["env.yaml", 2, 25], "saved configuration")
