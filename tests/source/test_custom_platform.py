from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput
from beanstalk.source.custom_platform import Provisioner, is_custom_platform, read_custom_platform
from beanstalk.source.document import read_document

PACKER = """\
version: "1.0"
provisioner:
  type: packer
  template: tomcat.json
  flavor: ubuntu1604
metadata:
  maintainer: me
option_definitions:
  - namespace: aws:elasticbeanstalk:container:custom:application
    option_name: ENV
    default_value: dev
option_settings:
  - {namespace: aws:elasticbeanstalk:command, option_name: Timeout, value: 60}
"""


def test_the_form_of_packer_is_read_and_explained():
    found = read_custom_platform(PACKER.encode())
    assert found.provisioner == Provisioner("packer", "tomcat.json", "ubuntu1604")
    assert found.options[0].default == "dev" and found.settings[0].value == "60"
    assert found.metadata == (("maintainer", "me"),) and not found.warnings
    assert "Packer makes a machine image from tomcat.json" in found.explanation


def test_our_form_has_a_dockerfile():
    found = read_custom_platform(b"provisioner: {type: dockerfile}")
    assert found.provisioner == Provisioner("dockerfile", "Dockerfile", "")
    assert "applications run in its image" in found.explanation


def test_it_is_told_apart_by_what_provisions_it():
    roots = [read_document("platform.yaml", text).root for text in (PACKER.encode(), b"title: Python")]
    assert [is_custom_platform(root) for root in roots if root] == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version: "1.0"', "version: 2", "version '2' is not supported"),
        ("type: packer", "type: paker", "did you mean packer?"),
        ("template: tomcat.json", "template:", "the provisioner has no template"),
        ("flavor: ubuntu1604", "flavor: mint", "there is no flavor 'mint'"),
        ("container:custom", "container:other", "is no namespace for options of a platform"),
        ("option_name: ENV", "option_name: " + "x" * 101, "is too long or has no name"),
        ("maintainer: me", "maintainer: " + "x" * 101, "maintainer has 101 characters"),
        ("option_settings:", "option_settings:\n" + "  - {namespace: a, option_name: b}\n" * 50, "51 entries"),
        ("namespace: aws:elasticbeanstalk:command, ", "", "a setting needs namespace"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(old, new, said):
    with pytest.raises(InvalidInput) as caught:
        read_custom_platform(PACKER.replace(old, new).encode())
    assert said in str(caught.value)


@settings(deadline=None)
@given(
    st.binary(max_size=50)
    | st.lists(st.sampled_from([*PACKER.splitlines(), "  - a", "x:"])).map("\n".join).map(str.encode)
)
def test_any_content_is_read_or_refused(content):
    try:
        assert read_custom_platform(content).explanation
    except BeanstalkError as error:
        assert str(error)
