"""Every check of a task definition by a bad twin of a good one: the good one passes, the twin is told."""

import copy

import pytest

from beanstalk.errors import Where
from beanstalk.targets.aws.blueprint import Launch
from beanstalk.targets.aws.taskdef_checks import check
from beanstalk.targets.aws.taskdef_limits import load_shapes, walk
from beanstalk.targets.aws.taskdef_places import Places

GOOD_ON_EC2 = {
    "family": "shop",
    "networkMode": "bridge",
    "requiresCompatibilities": ["EC2"],
    "executionRoleArn": "role",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "nginx",
            "memory": 128,
            "memoryReservation": 64,
            "links": ["db:database"],
            "dependsOn": [{"containerName": "db", "condition": "HEALTHY"}],
            "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}],
            "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
            "environment": [{"name": "A", "value": "1"}],
            "secrets": [{"name": "B", "valueFrom": "arn:aws:ssm:eu-west-1:1:parameter/b"}],
            "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::bucket/shop.env"}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": {"Ref": "LogGroup"}, "awslogs-region": "eu-west-1"},
            },
        },
        {"name": "db", "image": "redis", "memory": 64, "essential": False,
         "portMappings": [{"containerPort": 6379, "hostPort": 6379}],
         "healthCheck": {"command": ["CMD", "true"]}},
    ],
    "volumes": [{"name": "data", "host": {"sourcePath": "/srv"}}],
}  # fmt: skip
GOOD_ON_FARGATE = {
    "family": "shop",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "executionRoleArn": {"Fn::GetAtt": ["ExecutionRole", "Arn"]},
    "cpu": "256",
    "memory": "512",
    "ephemeralStorage": {"sizeInGiB": 21},
    "containerDefinitions": [
        {"name": "web", "image": {"Ref": "ImageWeb"}, "portMappings": [{"containerPort": 80}],
         "linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}, "initProcessEnabled": True},
         "stopTimeout": 120},
        {"name": "side", "image": "x", "essential": False, "portMappings": [{"containerPort": 81}]},
    ],
    "volumes": [{"name": "data"}],
}  # fmt: skip
CONTAINERS = "containerDefinitions"
WEB, DB = f"{CONTAINERS}/0", f"{CONTAINERS}/1"
ALONE = {f"{WEB}/links": [], f"{WEB}/dependsOn": []}
IN_AWSVPC = {"networkMode": "awsvpc", f"{WEB}/links": []}


def twin(good, changes):
    """changes: path with slashes → value; None takes the member away."""
    document = copy.deepcopy(good)
    for path, value in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        place = document
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return document


def texts(document, launch):
    return [problem.text for problem in check(document, launch)]


def test_good_ones_have_no_mistakes():
    assert texts(GOOD_ON_EC2, Launch.EC2) == []
    assert texts(GOOD_ON_FARGATE, Launch.FARGATE) == []


ON_EC2 = [
    ({f"{WEB}/links": ["cache"]}, "links of web names cache, which is no container"),
    ({f"{WEB}/links": ["web"]}, "links of web names web itself"),
    ({"networkMode": "host", f"{WEB}/portMappings/0/hostPort": 80}, "links of web work in the network"),
    ({f"{WEB}/dependsOn/0/containerName": "cache"}, "dependsOn of web names cache, which is no container"),
    ({f"{WEB}/volumesFrom": [{"sourceContainer": "cache"}]}, "volumesFrom of web names cache"),
    ({f"{DB}/healthCheck": None}, "web waits until db is healthy, which has no health check"),
    ({f"{DB}/healthCheck/command": ["NONE"]}, "which has no health check"),
    ({f"{WEB}/dependsOn/0/condition": "SUCCESS", f"{DB}/essential": True}, "but db is essential"),
    ({f"{DB}/dependsOn": [{"containerName": "web", "condition": "START"}]}, "need each other to start"),
    ({f"{DB}/memory": None}, "nothing says how much memory db gets"),
    ({f"{WEB}/memoryReservation": 128}, "memory 128 of web is not above its memoryReservation 128"),
    ({f"{DB}/memory": 5}, "memory 5 of db is less than a container starts with"),
    ({"memory": "100"}, "the containers need 192 MiB of memory together, and the task has 100"),
    ({"cpu": "128", f"{WEB}/cpu": 256}, "the containers need 256 units of cpu together, and the task has 128"),
    ({"executionRoleArn": None}, "web needs secrets, and there is no execution role"),
    ({f"{WEB}/secrets/0/name": "A"}, "web gets A twice: as a secret and as text"),
    ({f"{WEB}/environmentFiles/0/value": "arn:aws:s3:::bucket/shop.txt"}, "no file in S3 whose name"),
    ({f"{WEB}/mountPoints/0/sourceVolume": "date"}, "web mounts date, which is no volume"),
    ({f"{WEB}/portMappings/0/hostPort": 6379}, "port 6379/tcp is used by web and by db"),
    ({f"{WEB}/portMappings/0/hostPort": 51678}, "port 51678 is taken by the instance itself"),
    ({f"{WEB}/portMappings/0/containerPort": 70000}, "containerPort 70000 of web is no port"),
    ({f"{WEB}/logConfiguration/options/awslogs-region": None}, "awslogs of web has no awslogs-region"),
    ({f"{WEB}/logConfiguration": {"logDriver": "awsfirelens"}}, "no container has a firelensConfiguration"),
    ({f"{WEB}/essential": False}, "no container is essential"),
    ({f"{DB}/name": "web", **ALONE}, "two containers are called web"),
    ({f"{DB}/name": "d.b", **ALONE}, "'d.b' cannot be the name of a container"),
    ({f"{DB}/image": None}, "db has no image"),
    ({"family": "a b"}, "'a b' cannot be the family"),
    ({f"{WEB}/command": ["x" * 70_000]}, "at most 64 are possible"),
    ({**IN_AWSVPC, f"{DB}/hostname": "db"}, "db has a host name, which the network mode awsvpc"),
    ({**IN_AWSVPC, f"{DB}/extraHosts": [{"hostname": "a", "ipAddress": "1.2.3.4"}]}, "db has extra hosts"),
    ({**IN_AWSVPC, f"{WEB}/portMappings/0/hostPort": 81}, "differs from its containerPort 80"),
    ({**IN_AWSVPC, f"{WEB}/portMappings/0/containerPort": 6379}, "all containers share one address"),
]  # fmt: skip
ON_FARGATE = [
    ({"networkMode": "bridge"}, "on Fargate the network mode is awsvpc, not bridge"),
    ({"cpu": "512", "memory": "512"}, "512 CPU units with 512 MiB are no size"),
    ({"cpu": None, "memory": None}, "0 CPU units with 0 MiB are no size"),
    ({f"{WEB}/links": ["side"]}, "web has links, which Fargate does not know"),
    ({f"{WEB}/privileged": True}, "web has privileged"),
    ({f"{WEB}/extraHosts": [{"hostname": "a", "ipAddress": "1.2.3.4"}]}, "web has extra hosts"),
    ({f"{WEB}/dnsServers": ["1.1.1.1"]}, "web has DNS servers"),
    ({f"{WEB}/dnsSearchDomains": ["example.org"]}, "web has DNS search domains"),
    ({f"{WEB}/dockerSecurityOptions": ["no-new-privileges"]}, "web has Docker security options"),
    ({f"{WEB}/disableNetworking": True}, "web has disableNetworking"),
    ({f"{WEB}/credentialSpecs": ["a"]}, "web has credentialSpecs"),
    ({f"{WEB}/linuxParameters/devices": [{"hostPath": "/dev/a"}]}, "web has devices of the machine"),
    ({f"{WEB}/linuxParameters/sharedMemorySize": 64}, "web has a size of /dev/shm"),
    ({f"{WEB}/linuxParameters/maxSwap": 0}, "web has a limit on swapping"),
    ({f"{WEB}/linuxParameters/swappiness": 10}, "web has swappiness"),
    ({f"{WEB}/linuxParameters/capabilities/add": ["SYS_ADMIN"]}, "web has the capability SYS_ADMIN"),
    ({f"{WEB}/resourceRequirements": [{"type": "GPU", "value": "1"}]}, "web has a graphics processor"),
    ({f"{WEB}/logConfiguration": {"logDriver": "gelf"}}, "web has the log driver gelf"),
    ({f"{WEB}/stopTimeout": 121}, "web may take 121 s to stop"),
    ({"ipcMode": "host"}, "a task on Fargate has no ipcMode"),
    ({"placementConstraints": [{"type": "memberOf", "expression": "a == b"}]}, "no placement constraints"),
    ({"volumes/0/dockerVolumeConfiguration": {"scope": "task"}}, "data is a volume of Docker"),
    ({"volumes/0/host": {"sourcePath": "/srv"}}, "the volume data is the folder /srv of an instance"),
    ({"volumes/0/fsxWindowsFileServerVolumeConfiguration": {
        "fileSystemId": "fs-1", "rootDirectory": "a",
        "authorizationConfig": {"credentialsParameter": "a", "domain": "b"}}},
     "data is a file system of FSx for Windows"),
    ({f"{DB}/portMappings/0/containerPort": 80}, "port 80/tcp is used by web and by side"),
]  # fmt: skip
OF_THE_API = [
    ({"networkMode": "foo"}, "networkMode cannot be 'foo'"),
    ({f"{WEB}/portMappings/0/protocol": "sctp"}, "protocol of 1 of portMappings of web cannot be 'sctp'"),
    ({f"{WEB}/memory": "128"}, "memory of web is not a whole number"),
    ({f"{WEB}/essential": "yes"}, "essential of web is not true or false"),
    ({f"{WEB}/memroy": 1}, "memroy of web is nothing that ECS knows"),
    ({f"{WEB}/environmentFiles/0/type": None}, "1 of environmentFiles of web has no type"),
    ({"tags": [{"key": "a", "value": "b"}] * 51}, "tags has 51 entries"),
    ({"tags": [{"key": "a" * 129}]}, "has 129 characters"),
    ({"tags": [{"key": "a<b"}]}, "has a character that cannot be in it: 'a<b'"),
    ({f"{WEB}/resourceRequirements": [{"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 0}}}]}, "is 0"),
    ({f"{WEB}/resourceRequirements": [
        {"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 1, "maxComputePercent": 101}}}]}, "is 101"),
    ({f"{WEB}/dockerLabels": {"a": 1}}, "a of dockerLabels of web is not a text"),
    ({"runtimePlatform": {"cpuArchitecture": "arm"}}, "cpuArchitecture of runtimePlatform cannot be 'arm'"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), ON_EC2, ids=[expected for _, expected in ON_EC2])
def test_a_bad_twin_on_ec2_is_told(changes, expected):
    assert [text for text in texts(twin(GOOD_ON_EC2, changes), Launch.EC2) if expected in text] != []


@pytest.mark.parametrize(("changes", "expected"), ON_FARGATE, ids=[expected for _, expected in ON_FARGATE])
def test_a_bad_twin_on_fargate_is_told(changes, expected):
    assert [text for text in texts(twin(GOOD_ON_FARGATE, changes), Launch.FARGATE) if expected in text] != []


@pytest.mark.parametrize(("changes", "expected"), OF_THE_API, ids=[expected for _, expected in OF_THE_API])
def test_what_the_api_itself_refuses_is_told(changes, expected):
    assert [text for text in texts(twin(GOOD_ON_EC2, changes), Launch.EC2) if expected in text] != []


def test_a_task_has_at_most_ten_containers():
    more = [{"name": f"c{number}", "image": "x", "memory": 10} for number in range(9)]
    document = {**GOOD_ON_EC2, CONTAINERS: [*GOOD_ON_EC2[CONTAINERS], *more]}
    assert texts(document, Launch.EC2) == ["a task has at most 10 containers, and these are 11"]


def test_all_mistakes_are_told_at_once_with_their_places():
    places = Places({("web",): Where("Dockerrun.aws.json", 3), ("web", "links"): Where("Dockerrun.aws.json", 7)})
    document = twin(GOOD_ON_FARGATE, {f"{WEB}/links": ["side"], f"{WEB}/privileged": True})
    assert [(problem.at.line, bool(problem.hint)) for problem in check(document, Launch.FARGATE, places)] == [
        (7, True),
        (3, True),
    ]


def test_functions_of_a_template_pass_everywhere():
    functions = {
        "cpu": {"Ref": "Cpu"},
        f"{WEB}/portMappings/0/containerPort": {"Ref": "Port"},
        f"{WEB}/memory": {"Ref": "Memory"},
        f"{WEB}/environment": [{"name": "A", "value": {"Fn::Sub": "${A}"}}],
    }
    assert texts(twin(GOOD_ON_FARGATE, functions), Launch.FARGATE) == []


def test_the_model_of_the_api_is_walked_whole():
    """Every member of the request that has a choice, a range or a pattern gives a finding for a value outside of it."""
    shapes, missed = load_shapes(), []
    assert shapes is not None

    def wrong_value(shape):
        if "enum" in shape:
            return "no such choice"
        if shape["type"] == "integer" and ("max" in shape or "min" in shape):
            return shape["max"] + 1 if "max" in shape else shape["min"] - 1
        if shape["type"] == "string" and "max" in shape:
            return "a" * (shape["max"] + 1)
        if shape["type"] == "list" and "max" in shape:
            return [{}] * (shape["max"] + 1)
        return "<" if "pattern" in shape else None

    def visit(name, path):
        shape = shapes[name]
        bad = wrong_value(shape)
        if bad is not None and not list(walk(bad, name, shapes, path)):
            missed.append(path)
        visited = 1 if bad is not None else 0
        for member, inner in shape.get("members", {}).items():
            visited += visit(inner["shape"], (*path, member))
        if shape["type"] == "list":
            visited += visit(shape["member"]["shape"], (*path, "1"))
        return visited

    assert visit("RegisterTaskDefinitionRequest", ()) >= 27
    assert missed == []


def paths_of(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from paths_of(each, (*path, str(key)))


JUNK = [None, 0, -1, 2**70, 1.5, True, "", "x", [], [1], [[]], {}, {"a": []}, {"Ref": "A"}, {"Ref": ["A"]}]


@pytest.mark.parametrize(("good", "launch"), [(GOOD_ON_EC2, Launch.EC2), (GOOD_ON_FARGATE, Launch.FARGATE)])
def test_whatever_stands_anywhere_is_told_and_never_an_accident(good, launch):
    for *way, last in filter(None, paths_of(good)):
        for junk in JUNK:
            document = place = copy.deepcopy(good)
            for part in way:
                place = place[int(part) if isinstance(place, list) else part]
            place[int(last) if isinstance(place, list) else last] = copy.deepcopy(junk)
            assert all(problem.text for problem in check(document, launch))


def test_without_boto3_the_model_is_not_looked_at(monkeypatch):
    from beanstalk.targets.aws import taskdef_limits

    load_shapes.cache_clear()
    monkeypatch.setattr(taskdef_limits, "find_spec", lambda name: None)
    assert texts(twin(GOOD_ON_EC2, {"networkMode": "bridge", f"{WEB}/memroy": 1}), Launch.EC2) == []
    load_shapes.cache_clear()
