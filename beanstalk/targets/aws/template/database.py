"""The database of an environment, and the variables by which the application finds it.

Its password is made by AWS and kept in Secrets Manager: it never stands in a template or an option, and nobody changes
it on a schedule, as tasks read it once, when they start. What becomes of the database when the environment goes is
DBDeletionPolicy; with Retain everything that it needs stays with it.
Source: EB Developer Guide, "Adding a database to your Elastic Beanstalk environment".
"""

from __future__ import annotations

from typing import Any

from beanstalk.errors import InvalidInput, Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.network import subnets, task_groups, vpc
from beanstalk.targets.aws.template.pieces import att, ref, resource, sub
from beanstalk.targets.aws.template.said import NETWORK, effective, is_on, is_set, listed, place, said, wrong
from beanstalk.targets.aws.template.trust import allow

DATABASE = "aws:rds:dbinstance"
NAME = "ebdb"
"""Elastic Beanstalk's name of the database inside."""
_SQL_SERVER = 1433
_PORTS = {
    "mysql": 3306, "mariadb": 3306, "postgres": 5432,
    "sqlserver-ex": _SQL_SERVER, "sqlserver-web": _SQL_SERVER, "sqlserver-se": _SQL_SERVER,
}  # fmt: skip
_LEAST_GIB = 20
_LEAST_PROVISIONED = (100, 1000)
"""GiB and operations a second of a disk of type io1."""
_CLASS = "db.t3.micro"
_SERVER_CLASS = {"sqlserver-se": "db.t3.xlarge", "sqlserver-ex": "db.t3.small", "sqlserver-web": "db.t3.small"}


def has_database(blueprint: Blueprint) -> bool:
    return is_on(blueprint, DATABASE, "HasCoupledDatabase")


def build(blueprint: Blueprint) -> Resources:
    if not has_database(blueprint):
        return {}
    policy = blueprint.configuration.text(DATABASE, "DBDeletionPolicy") or "Delete"
    # Only a database can be kept as a snapshot; what is around it is needed as long as it is there itself.
    around = "Retain" if policy == "Retain" else "Delete"
    kept = {"DeletionPolicy": _at_end(around), "UpdateReplacePolicy": around}
    named = listed(blueprint, NETWORK, "DBSubnets")
    group = {
        "DBSubnetGroupDescription": f"database of {blueprint.environment}",
        "SubnetIds": named or subnets(blueprint),
    }
    door = {"GroupDescription": f"database of {blueprint.environment}", "VpcId": vpc(blueprint)}
    return {
        "DatabaseSecret": resource("AWS::SecretsManager::Secret", _secret(blueprint), **kept),
        "DatabaseSubnetGroup": resource("AWS::RDS::DBSubnetGroup", group, **kept),
        "DatabaseSecurityGroup": resource("AWS::EC2::SecurityGroup", door, **kept),
        **_rules(blueprint),
        "Database": resource(
            "AWS::RDS::DBInstance", _instance(blueprint), DeletionPolicy=_at_end(policy), UpdateReplacePolicy=policy
        ),
    }


def _at_end(policy: str) -> str:
    """What stays when the stack goes does not stay of a create that fails: nobody would know of it."""
    return "RetainExceptOnCreate" if policy == "Retain" else policy


def contribute(blueprint: Blueprint) -> Contribution:
    if not has_database(blueprint):
        return Contribution()
    return Contribution(
        environment={
            "RDS_HOSTNAME": att("Database", "Endpoint.Address"),
            "RDS_PORT": att("Database", "Endpoint.Port"),
            "RDS_DB_NAME": NAME,
            "RDS_USERNAME": said(blueprint, DATABASE, "DBUser"),
        },
        secrets={"RDS_PASSWORD": sub("${DatabaseSecret}:password::")},
        execution_statements=[allow("secretsmanager:GetSecretValue", ref("DatabaseSecret"))],
        outputs={
            "DatabaseSecretArn": {"Description": "user and password of the database", "Value": ref("DatabaseSecret")}
        },
        warnings=_told(blueprint),
    )


def _engine(blueprint: Blueprint) -> str:
    """As RDS writes it; the API of Elastic Beanstalk writes MySQL. Raises InvalidInput for one that RDS has not."""
    engine = (blueprint.configuration.text(DATABASE, "DBEngine") or "mysql").lower()
    if engine not in _PORTS:
        hint = f"it has {', '.join(_PORTS)}; declare another one in Resources"
        raise InvalidInput([wrong(blueprint, DATABASE, "DBEngine", f"Amazon RDS has no engine {engine!r}", hint)])
    return engine


def _instance(blueprint: Blueprint) -> Json:
    text, engine = blueprint.configuration.text, _engine(blueprint)
    snapshot = said(blueprint, DATABASE, "DBSnapshotIdentifier")
    kind = text(DATABASE, "DBStorageType") if is_set(blueprint, DATABASE, "DBStorageType") else "gp3"
    least, operations = _LEAST_PROVISIONED if kind == "io1" else (_LEAST_GIB, None)
    size = int(effective(blueprint, DATABASE, "DBAllocatedStorage") or least)
    return {
        "Engine": engine,
        "EngineVersion": said(blueprint, DATABASE, "DBEngineVersion")
        if _is_asked(blueprint, "DBEngineVersion")
        else None,
        "DBInstanceClass": _machine(blueprint, engine),
        "AllocatedStorage": str(max(size, least)),
        "Iops": operations,
        "StorageType": kind,
        # a snapshot says it itself, and the Express edition of SQL Server cannot
        "StorageEncrypted": None if snapshot or engine == "sqlserver-ex" else True,
        "DBName": None if snapshot or engine.startswith("sqlserver") else NAME,
        "DBSnapshotIdentifier": snapshot or None,
        "MasterUsername": None if snapshot else said(blueprint, DATABASE, "DBUser"),
        "MasterUserPassword": sub("{{resolve:secretsmanager:${DatabaseSecret}:SecretString:password}}"),
        "DBSubnetGroupName": ref("DatabaseSubnetGroup"),
        "VPCSecurityGroups": [att("DatabaseSecurityGroup", "GroupId")],
        "MultiAZ": is_on(blueprint, DATABASE, "MultiAZDatabase"),
        "BackupRetentionPeriod": int(text(DATABASE, "DBBackupRetentionPeriod") or 1),
        "CopyTagsToSnapshot": True,
        "PubliclyAccessible": False,
    }


def _is_asked(blueprint: Blueprint, name: str) -> bool:
    """Whether somebody set it: some of Elastic Beanstalk's defaults are of what AWS no longer has."""
    return is_set(blueprint, DATABASE, name)


def _machine(blueprint: Blueprint, engine: str) -> Any:
    if _is_asked(blueprint, "DBInstanceClass"):
        return said(blueprint, DATABASE, "DBInstanceClass")
    return _SERVER_CLASS.get(engine, _CLASS)


def _secret(blueprint: Blueprint) -> Json:
    """A password of signs that all engines take: Elastic Beanstalk excludes / \\ @ as well."""
    return {
        "Description": f"database of {blueprint.environment}",
        "GenerateSecretString": {
            "SecretStringTemplate": f'{{"username": "{blueprint.configuration.text(DATABASE, "DBUser")}"}}',
            "GenerateStringKey": "password",
            "PasswordLength": 32,
            "ExcludePunctuation": True,
        },
    }


def _rules(blueprint: Blueprint) -> Resources:
    """The tasks alone are let in, or the instances that they are on. These are resources of their own, which go with
    the stack: a group that stays with its database must not name a group that goes, as AWS would not delete that."""
    port = _PORTS[_engine(blueprint)]
    return {
        f"DatabaseIngress{number}": resource(
            "AWS::EC2::SecurityGroupIngress",
            {
                "GroupId": att("DatabaseSecurityGroup", "GroupId"), "IpProtocol": "tcp", "FromPort": port,
                "ToPort": port, "SourceSecurityGroupId": each, "Description": "tasks",
            },
        )
        for number, each in enumerate(task_groups(blueprint), 1)
    }  # fmt: skip


def _told(blueprint: Blueprint) -> list[Problem]:
    found = []
    if is_set(blueprint, DATABASE, "DBPassword"):
        text = "DBPassword is not used: AWS makes the password and keeps it in Secrets Manager"
        hint = "take it out; the application has it in RDS_PASSWORD"
        found.append(Problem(text, place(blueprint, DATABASE, "DBPassword"), hint))
    asked = blueprint.configuration.text(DATABASE, "DBAllocatedStorage")
    if asked and int(asked) < _LEAST_GIB:
        text = f"the database gets {_LEAST_GIB} GB, the least that there is, instead of {asked}"
        found.append(Problem(text, place(blueprint, DATABASE, "DBAllocatedStorage"), f"set it to {_LEAST_GIB}"))
    return found
