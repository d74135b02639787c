"""Environments of the concerns beside the load balancer and the service: instances, spot capacity, queues, schedules,
scaling, databases, file systems, notifications, names, tasks that something starts.
"""

from __future__ import annotations

from beanstalk.targets.aws.blueprint import Tier
from tests.targets.aws.template.cases import DOCKERFILE, EC2, ENVIRONMENT, Case, docker, example, extended

CRON = """version: 1
cron:
  - {name: nightly, url: /tasks/nightly, schedule: "0 3 * * *"}
  - {name: work-days, url: /tasks/poll, schedule: "*/15 8-18 * * MON-FRI"}
"""
DATABASE = "aws:rds:dbinstance:"
TRIGGER = "aws:autoscaling:trigger:"
SPOT = "aws:ec2:instances:EnableSpot=true"
BRIDGE = "beanstalk:aws:NetworkMode=bridge"
QUEUE = "aws:elasticbeanstalk:sqsd:WorkerQueueURL=https://sqs.eu-central-1.amazonaws.com/123456789012/jobs"
TOPIC = "aws:elasticbeanstalk:sns:topics:"
_IMPORT, _REPORT = "beanstalk:aws:task:import:", "beanstalk:aws:task:report:"
NO_WAY_OUT = "from the default VPC a task on an instance reaches nothing outside"


def worker(*options: str, warnings: tuple[str, ...] = ()) -> Case:
    files = {"Dockerfile": DOCKERFILE, "cron.yaml": CRON, **example("worker.config")}
    return Case(files, options, Tier.WORKER, warnings=warnings)


def database(engine: str, policy: str, *more: str, warnings: tuple[str, ...] = ()) -> Case:
    said = ("HasCoupledDatabase=true", f"DBEngine={engine}", f"DBDeletionPolicy={policy}", *more)
    return docker(*(DATABASE + each for each in said), warnings=warnings)


PARTS: dict[str, Case] = {
    "worker": worker(),
    "worker-ec2": worker(EC2, BRIDGE),
    "worker-existing-queue": worker(QUEUE),
    "worker-scaled-by-backlog": worker("beanstalk:aws:ScalingTargetBacklog=50", "aws:autoscaling:asg:MaxSize=8"),
    "ec2": docker(EC2, warnings=(NO_WAY_OUT,)),
    "ec2-bridge": docker(EC2, BRIDGE, "aws:autoscaling:launchconfiguration:SSHSourceRestriction=tcp,22,22,10.0.0.0/8"),
    "ec2-host-setup": extended(
        "packages.config", "users-and-groups.config", "files.config", "commands.config", "services.config",
        "sources.config", options=(EC2, BRIDGE),
    ),
    "ec2-machines": extended(
        "instances.config",
        options=(
            EC2,
            BRIDGE,
            "aws:autoscaling:launchconfiguration:EC2KeyName=operators",
            "aws:autoscaling:launchconfiguration:MonitoringInterval=1 minute",
            "aws:autoscaling:launchconfiguration:BlockDeviceMappings=/dev/sdj=:100:true:gp3:3000:125",
            "aws:autoscaling:launchconfiguration:LaunchTemplateTagPropagationEnabled=true",
        ),
        warnings=(".ebextensions/instances.config:9:5: the role of this instance profile",),
    ),
    "ec2-arm": docker(EC2, BRIDGE, "beanstalk:aws:Architecture=ARM64", "aws:autoscaling:asg:MinSize=0"),
    "ec2-spot": extended("spot-instances.config", options=(EC2, BRIDGE)),
    "ec2-existing-cluster": docker(EC2, BRIDGE, "beanstalk:aws:Cluster=shared", warnings=("the tasks run on the",)),
    "fargate-spot": extended("spot-instances.config"),
    "fargate-spot-alone": docker(SPOT, "aws:ec2:instances:SpotFleetOnDemandAboveBasePercentage=0"),
    "database-deleted": database("mysql", "Delete"),
    "database-retained": database("postgres", "Retain"),
    "database-snapshot": extended("database.config", options=(f"{DATABASE}DBEngineVersion=17.6",)),
    "database-of-snapshot": database("mariadb", "Snapshot", "DBSnapshotIdentifier=before"),
    "database-sqlserver": database(
        "sqlserver-ex", "Delete", "DBPassword=secret-word", warnings=("DBPassword is not used",)
    ),
    "file-system-new": docker("beanstalk:aws:SharedFileSystem=new"),
    "file-system-existing": docker(
        "beanstalk:aws:SharedFileSystem=fs-0123456789abcdef0",
        "beanstalk:aws:FileSystemRoot=/shop",
        "beanstalk:aws:FileSystemPath=/data",
        warnings=("the file system was there before",),
    ),
    "scaling-by-trigger": extended("scaling-trigger.config"),
    "scaling-by-requests": docker(f"{TRIGGER}MeasureName=RequestCount", f"{TRIGGER}Unit=Count"),
    "scaling-by-latency": docker(f"{TRIGGER}MeasureName=TargetResponseTime", f"{TRIGGER}UpperThreshold=2"),
    "scaling-by-network": docker(f"{TRIGGER}UpperThreshold=9000000", warnings=("NetworkOut is what a task moves",)),
    "scaling-by-targets": docker(
        "beanstalk:aws:ScalingTargetCpu=60",
        "beanstalk:aws:ScalingTargetMemory=75",
        "beanstalk:aws:ScalingTargetRequests=1000",
    ),
    "scaling-by-time": extended(
        "scheduled-scaling.config",
        warnings=(
            ".ebextensions/scheduled-scaling.config:15:5: DesiredCapacity",
            ".ebextensions/scheduled-scaling.config:10:5: DesiredCapacity",
        ),
    ),
    "notifications": extended("notifications.config"),
    "notifications-existing-topic": docker(
        f"{TOPIC}Notification Topic ARN=arn:aws:sns:eu-central-1:123456789012:operators",
        warnings=("the policy of this topic",),
    ),
    "record": docker(
        "beanstalk:aws:HostedZoneId=Z0123456789ABC",
        "beanstalk:aws:DomainName=apps.example.org",
        "aws:elbv2:loadbalancer:IpAddressType=dualstack",
    ),
    "started-tasks": docker(
        f"{_IMPORT}Bucket=example-uploads",
        f"{_IMPORT}Prefix=incoming/",
        f"{_IMPORT}Command=python import.py 'a <file>'",
        f"{_REPORT}Schedule=0 6 * * MON-FRI",
        warnings=("the bucket of the task 'import'",),
    ),
    "started-tasks-spot": docker(SPOT, f"{_REPORT}Schedule=0 6 1 * *"),
    "single-instance-ec2": docker(EC2, BRIDGE, f"{ENVIRONMENT}EnvironmentType=SingleInstance"),
}  # fmt: skip
