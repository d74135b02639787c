"""`beanstalk why`."""

from __future__ import annotations

OPTIONS = """\
option_settings:
  aws:elasticbeanstalk:command:
    BatchSize: 50
  aws:rds:dbinstance:
    DBPassword: hunter2hunter2
"""


def configure(beanstalk, text=OPTIONS):
    folder = beanstalk.folder / ".ebextensions"
    folder.mkdir(exist_ok=True)
    (folder / "a.config").write_text(text)


def test_a_folder_is_enough(beanstalk):
    configure(beanstalk)
    assert beanstalk.ok("why", "BatchSize").splitlines()[:5] == [
        "aws:elasticbeanstalk:command:BatchSize is 50",
        "  set by      .ebextensions/a.config:3:5",
        "  over        30 (recommended by create)",
        "              100 (default)",
        "  without it  30 (recommended by create)",
    ]


def test_an_environment_is_told_with_its_version(shop):
    shop.ok("setenv", "LOG_LEVEL=debug")
    found = shop.json("why", "log_level", "shop-dev")
    assert (found["EnvironmentName"], found["VersionLabel"], found["OptionName"]) == ("shop-dev", "v1", "LOG_LEVEL")
    assert (found["Value"], found["Layer"], found["At"]) == ("debug", "environment", None)
    assert found["ActedOn"] is True


def test_the_default_environment_is_meant_when_none_is_named(shop):
    assert "in shop-dev" in shop.ok("why", "MinSize").splitlines()[0]


def test_a_default_environment_that_is_not_here_is_passed_over(shop):
    shop.ok("terminate", "shop-dev", "--force")
    (shop.folder / ".elasticbeanstalk/config.yml").write_text("branch-defaults: {default: {environment: gone}}\n")
    done = shop("why", "MinSize")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "aws:autoscaling:asg:MinSize is 1")
    assert "there is no environment gone here" in done.stderr


def test_a_secret_is_hidden(beanstalk):
    configure(beanstalk)
    done = beanstalk("why", "DBPassword")
    assert (done.exit_code, "hunter2" in done.output, "(hidden)" in done.output) == (0, False, True)
    assert beanstalk.json("why", "DBPassword")["Value"] == "(hidden)"


def test_the_document_has_who_lost_and_what_would_hold(beanstalk):
    configure(beanstalk)
    found = beanstalk.json("why", "BatchSize")
    assert found["At"] == ".ebextensions/a.config:3:5"
    assert found["Losers"] == [
        {"Value": "30", "Layer": "recommended", "At": None},
        {"Value": "100", "Layer": "default", "At": None},
    ]
    assert found["Without"] == found["Losers"][0]
    assert (found["EnvironmentName"], found["Default"]) == (None, "100")


def test_an_option_that_is_not_there_is_an_error_and_an_unclear_one_is_usage(beanstalk):
    assert beanstalk("why", "BatchSise").exit_code == 1
    assert "did you mean BatchSize" in beanstalk("why", "BatchSise").stderr
    assert beanstalk("why", "Protocol").exit_code == 2


def test_an_option_without_effect_here_says_so(beanstalk):
    configure(beanstalk, "option_settings:\n  aws:autoscaling:launchconfiguration:\n    InstanceType: t3.small\n")
    assert "no effect on the local target" in beanstalk.ok("why", "InstanceType")
