"""Where the daemon's settings come from."""

from __future__ import annotations

import pytest

from beanstalk.errors import UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.circumstances import Circumstances
from beanstalk.options.configuration import Layer
from beanstalk.options.resolve import resolve
from beanstalk.worker import SQSD, WorkerSettings, settings_of_variables, worker_settings


def test_without_any_option_they_are_elastic_beanstalks_defaults():
    assert worker_settings(resolve({}, Circumstances("Python", "Worker"))) == WorkerSettings()
    assert settings_of_variables({}) == WorkerSettings()


def test_an_option_and_a_variable_say_the_same():
    given = [OptionSetting(SQSD, "HttpPath", "/jobs"), OptionSetting(SQSD, "HttpConnections", "7")]
    found = worker_settings(resolve({Layer.ENVIRONMENT: given}, Circumstances("Python", "Worker")))
    assert found == WorkerSettings(http_path="/jobs", http_connections=7)
    variables = {
        "BEANSTALK_SQSD_HTTP_PATH": "/jobs",
        "BEANSTALK_SQSD_HTTP_CONNECTIONS": "7",
        "BEANSTALK_SQSD_PORT": "1",
    }
    assert settings_of_variables(variables) == found


@pytest.mark.parametrize("text", ["many", "-1", "1.5", "٣"])
def test_a_number_that_is_none_is_told(text):
    with pytest.raises(UsageError, match="BEANSTALK_SQSD_HTTP_CONNECTIONS"):
        settings_of_variables({"BEANSTALK_SQSD_HTTP_CONNECTIONS": text})
