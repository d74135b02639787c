"""Examples about machines, how many, and their watching: options and resources read to the value, for AWS alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Layer, resolve
from beanstalk.source.cron import read_cron
from beanstalk.source.evaluate import Lookup
from beanstalk.source.evaluate import resolve as evaluate
from beanstalk.source.functions import to_json
from tests.examples.reading import FOLDER, RIGHT, effect, example

EXPECTED: dict[str, Mapping[str, Any]] = {
    "instances.config": {
        "settings": {
            "aws:ec2:instances": {"InstanceTypes": "t3.small"},
            "aws:autoscaling:launchconfiguration": {
                "IamInstanceProfile": "aws-elasticbeanstalk-ec2-role",
                "RootVolumeType": "gp3",
                "RootVolumeSize": "30",
                "DisableIMDSv1": "true",
            },
        },
        "ignored": [
            "aws:autoscaling:launchconfiguration: DisableIMDSv1, IamInstanceProfile, RootVolumeSize, RootVolumeType",
            "aws:ec2:instances: InstanceTypes",
        ],
    },
    "spot-instances.config": {
        "settings": {
            "aws:ec2:instances": {
                "EnableSpot": "true",
                "InstanceTypes": "t3.small,t3a.small,t2.small",
                "SpotAllocationStrategy": "capacity-optimized",
                "SpotFleetOnDemandBase": "1",
                "SpotFleetOnDemandAboveBasePercentage": "25",
            },
            "aws:autoscaling:asg": {"MinSize": "2", "MaxSize": "8", "EnableCapacityRebalancing": "true"},
        },
        "rollout": {"size": 2},
        "ignored": [
            "aws:autoscaling:asg: EnableCapacityRebalancing",
            "aws:ec2:instances: EnableSpot, InstanceTypes, SpotAllocationStrategy, "
            "SpotFleetOnDemandAboveBasePercentage, SpotFleetOnDemandBase",
        ],
    },
    "scaling-trigger.config": {
        "settings": {
            "aws:autoscaling:asg": {"MinSize": "2", "MaxSize": "8", "Cooldown": "300"},
            "aws:autoscaling:trigger": {
                "MeasureName": "CPUUtilization",
                "Statistic": "Average",
                "Unit": "Percent",
                "Period": "1",
                "EvaluationPeriods": "5",
                "UpperThreshold": "70",
                "UpperBreachScaleIncrement": "2",
                "LowerThreshold": "25",
                "LowerBreachScaleIncrement": "-1",
            },
        },
        "options": {("aws:autoscaling:trigger", "BreachDuration"): "5"},
        "rollout": {"size": 2},
        "ignored": [
            "aws:autoscaling:asg: Cooldown",
            "aws:autoscaling:trigger: EvaluationPeriods, LowerBreachScaleIncrement, LowerThreshold, MeasureName, "
            "Period, Statistic, Unit, UpperBreachScaleIncrement, UpperThreshold",
        ],
    },
    "scheduled-scaling.config": {
        "settings": {
            "Morning.aws:autoscaling:scheduledaction": {
                "Recurrence": "30 5 * * 1-5",
                "MinSize": "4",
                "MaxSize": "12",
                "DesiredCapacity": "4",
            },
            "Evening.aws:autoscaling:scheduledaction": {
                "Recurrence": "0 19 * * 1-5",
                "MinSize": "1",
                "MaxSize": "2",
                "DesiredCapacity": "1",
            },
        },
        "ignored": [
            "Evening.aws:autoscaling:scheduledaction: DesiredCapacity, MaxSize, MinSize, Recurrence",
            "Morning.aws:autoscaling:scheduledaction: DesiredCapacity, MaxSize, MinSize, Recurrence",
        ],
    },
    "rolling-updates.config": {
        "settings": {
            "aws:autoscaling:updatepolicy:rollingupdate": {
                "RollingUpdateEnabled": "true",
                "RollingUpdateType": "Health",
                "MaxBatchSize": "1",
                "MinInstancesInService": "3",
                "Timeout": "PT30M",
            },
            "aws:autoscaling:asg": {"MinSize": "4", "MaxSize": "4"},
        },
        "rollout": {"size": 4},
        "ignored": [
            "aws:autoscaling:updatepolicy:rollingupdate: MaxBatchSize, MinInstancesInService, RollingUpdateEnabled, "
            "RollingUpdateType, Timeout"
        ],
    },
    "managed-updates.config": {
        "settings": {
            "aws:elasticbeanstalk:managedactions": {
                "ManagedActionsEnabled": "true",
                "PreferredStartTime": "Sun:03:30",
                "ServiceRoleForManagedUpdates": "AWSServiceRoleForElasticBeanstalkManagedUpdates",
            },
            "aws:elasticbeanstalk:managedactions:platformupdate": {
                "UpdateLevel": "minor",
                "InstanceRefreshEnabled": "true",
            },
        },
        "ignored": [
            "aws:elasticbeanstalk:managedactions: ManagedActionsEnabled, PreferredStartTime, "
            "ServiceRoleForManagedUpdates",
            "aws:elasticbeanstalk:managedactions:platformupdate: InstanceRefreshEnabled, UpdateLevel",
        ],
    },
    "replace-unhealthy.config": {
        "resources": {"AWSEBAutoScalingGroup": "AWS::AutoScaling::AutoScalingGroup"},
        "values": {
            "AWSEBAutoScalingGroup.Properties": {"HealthCheckType": "ELB", "HealthCheckGracePeriod": 900},
        },
        "ignored": ["Resources"],
    },
    "custom-options.config": {
        "settings": {
            "aws:elasticbeanstalk:customoption": {"JobSeconds": "300"},
            "aws:autoscaling:asg": {"MinSize": "2", "MaxSize": "6"},
        },
        "resources": {"JobsQueue": "AWS::SQS::Queue", "TooManyJobsAlarm": "AWS::CloudWatch::Alarm"},
        "values": {
            "JobsQueue.Properties.VisibilityTimeout": "300",
            "JobsQueue.Properties.MessageRetentionPeriod": "86400",
            "TooManyJobsAlarm.Properties.Threshold": "6",
            "TooManyJobsAlarm.Properties.Dimensions": [
                {"Name": "QueueName", "Value": {"Fn::GetAtt": ["JobsQueue", "QueueName"]}}
            ],
        },
        "rollout": {"size": 2},
        "ignored": ["Resources", "aws:elasticbeanstalk:customoption: JobSeconds"],
    },
    "worker.config": {
        "settings": {
            "aws:elasticbeanstalk:sqsd": {
                "HttpPath": "/jobs",
                "MimeType": "application/json",
                "HttpConnections": "10",
                "InactivityTimeout": "240",
                "VisibilityTimeout": "300",
                "ErrorVisibilityTimeout": "5",
                "MaxRetries": "3",
            },
        },
    },
    "notifications.config": {
        "settings": {
            "aws:elasticbeanstalk:sns:topics": {
                "Notification Endpoint": "ops@example.com",
                "Notification Protocol": "email",
            },
        },
        "ignored": ["aws:elasticbeanstalk:sns:topics: Notification Endpoint, Notification Protocol"],
    },
    "alarms.config": {
        "resources": {
            "OperatorsTopic": "AWS::SNS::Topic",
            "BusyAlarm": "AWS::CloudWatch::Alarm",
            "UnwellAlarm": "AWS::CloudWatch::Alarm",
        },
        "values": {
            "BusyAlarm.Properties.Dimensions": [
                {"Name": "AutoScalingGroupName", "Value": {"Ref": "AWSEBAutoScalingGroup"}}
            ],
            "BusyAlarm.Properties.Period": 300,
            "BusyAlarm.Properties.EvaluationPeriods": 2,
            "BusyAlarm.Properties.Threshold": 80,
            "BusyAlarm.Properties.AlarmActions": [{"Ref": "OperatorsTopic"}],
            "UnwellAlarm.Properties.Dimensions": [
                {"Name": "EnvironmentName", "Value": {"Ref": "AWSEBEnvironmentName"}}
            ],
            "UnwellAlarm.Properties.Threshold": 20,
            "UnwellAlarm.Properties.ComparisonOperator": "GreaterThanOrEqualToThreshold",
        },
        "ignored": ["Resources"],
    },
    "log-streaming.config": {
        "settings": {
            "aws:elasticbeanstalk:cloudwatch:logs": {
                "StreamLogs": "true",
                "RetentionInDays": "14",
                "DeleteOnTerminate": "false",
            },
            "aws:elasticbeanstalk:cloudwatch:logs:health": {
                "HealthStreamingEnabled": "true",
                "RetentionInDays": "14",
                "DeleteOnTerminate": "false",
            },
        },
        "ignored": [
            "aws:elasticbeanstalk:cloudwatch:logs: DeleteOnTerminate, RetentionInDays, StreamLogs",
            "aws:elasticbeanstalk:cloudwatch:logs:health: DeleteOnTerminate, HealthStreamingEnabled, RetentionInDays",
        ],
    },
    "ignore-client-errors.config": {
        "settings": {
            "aws:elasticbeanstalk:healthreporting:system": {
                "ConfigDocument": '{"Version":1,"Rules":{"Environment":{'
                '"Application":{"ApplicationRequests4xx":{"Enabled":false}},"ELB":{"ELBRequests4xx":{"Enabled":false}}}}}',
            },
        },
        "ignored": ["aws:elasticbeanstalk:healthreporting:system: ConfigDocument"],
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_does_what_it_says(name: str) -> None:
    expected = {**RIGHT, **EXPECTED[name]}
    assert effect(example(name), expected) == expected


def test_an_option_of_one_s_own_is_what_the_environment_says_else_the_file() -> None:
    found = example("custom-options.config")
    own = OptionSetting("aws:elasticbeanstalk:customoption", "JobSeconds", "900")
    of_environment = resolve({Layer.EBEXTENSIONS: found.extensions.settings, Layer.ENVIRONMENT: [own]})
    queue = found.extensions.template.resources.get("JobsQueue")
    seconds = [
        to_json(evaluate(queue, Lookup(lookup)))["Properties"]["VisibilityTimeout"]
        for lookup in (of_environment.text, found.configuration.text, lambda namespace, name: None)
    ]
    assert seconds == ["900", "300", "120"]


def test_the_tasks_of_the_worker_example_are_right() -> None:
    lines = [line for line in (FOLDER / "worker.config").read_text().splitlines() if line.startswith("#     ")]
    [task] = read_cron("\n".join(line.removeprefix("#     ") for line in lines).encode()).tasks
    assert (task.name, task.url) == ("nightly", "/tasks/nightly")
