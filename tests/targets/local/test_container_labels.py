"""How this home's own things on an engine are told from all others."""

from __future__ import annotations

import pytest

from beanstalk.store.home import Home
from beanstalk.targets.local.container_labels import HOME, INSTANCE, Labels
from tests.targets.local.container_bench import INSTANCE as ONE

OURS = Labels("abc")


def test_a_home_is_the_folder_that_it_leads_to(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    assert Labels.of(Home(tmp_path / "home")) == Labels.of(Home(tmp_path / "link"))
    assert Labels.of(Home(tmp_path / "home")) != Labels.of(Home(tmp_path / "other"))


@pytest.mark.parametrize(
    ("labels", "name", "ours"),
    [
        (OURS.of_instance(ONE), "beanstalk-abc-i-1", True),
        (OURS.of_instance(ONE), "beanstalk-abc-i-1-web", True),
        (OURS.of_instance(ONE), "beanstalk-abc-i-12-web", False),
        (OURS.of_instance(ONE), "shop", False),
        (Labels("abd").of_instance(ONE), "beanstalk-abc-i-1-web", False),
        ({HOME: "abc"}, "beanstalk-abc", False),
        ({HOME: "abc", INSTANCE: ""}, "beanstalk-abc-", False),
        ({}, "beanstalk-abc-i-1-web", False),
        (None, "beanstalk-abc-i-1-web", False),
    ],
)
def test_labels_and_name_together_say_whose_it_is(labels, name, ours):
    assert OURS.are_on(labels, name) is ours
