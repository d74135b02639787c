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


def test_a_default_is_told_with_what_it_depends_on(beanstalk):
    lines = beanstalk.ok("why", "HealthCheckInterval").splitlines()
    assert lines[0] == "aws:elasticbeanstalk:environment:process:default:HealthCheckInterval is 15"
    assert lines[1] == "  set by      nobody: it is the default with a load balancer of type application"
    assert beanstalk.json("why", "PORT")["Because"] == "on the platform python"
    configure(beanstalk, "option_settings:\n  aws:elasticbeanstalk:environment:\n    EnvironmentType: SingleInstance\n")
    assert "nobody, and there is no default" in beanstalk.ok("why", "HealthCheckInterval")


def test_what_other_clients_set_themselves_is_told(beanstalk):
    assert "the console and the EB CLI set it to 30 on what they create" in beanstalk.ok("why", "BatchSize")
    assert beanstalk.json("why", "MinSize")["Clients"] is None


def test_a_scheduled_action_is_told_apart_from_the_size_of_the_group(beanstalk):
    configure(
        beanstalk,
        "option_settings:\n  Night.aws:autoscaling:scheduledaction:\n    MinSize: 0\n    Recurrence: 0 22 * * *\n",
    )
    done = beanstalk("why", "MinSize")
    assert done.exit_code == 2
    assert "aws:autoscaling:asg:MinSize, Night.aws:autoscaling:scheduledaction:MinSize" in done.stderr
    assert beanstalk.json("why", "Night.aws:autoscaling:scheduledaction:MinSize")["ResourceName"] == "Night"


def test_a_property_is_found_by_its_name_and_by_nearly_its_name(beanstalk):
    configure(beanstalk, "option_settings:\n  MY_PROPERTY: abc\n")
    assert beanstalk.ok("why", "MY_PROPERTY").splitlines()[1:4] == [
        "  set by      .ebextensions/a.config:2:3",
        "  over        no default",
        "  without it  no default",
    ]
    assert "did you mean MY_PROPERTY?" in beanstalk("why", "MY_PROPRETY").stderr


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
        {"Value": "30", "Layer": "recommended", "At": None, "Because": None},
        {"Value": "100", "Layer": "default", "At": None, "Because": None},
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
