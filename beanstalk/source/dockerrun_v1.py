"""`Dockerrun.aws.json` of version 1: one container behind the proxy. And of version 3: credentials for Compose.

Source: EB Developer Guide, "Docker platform configuration". Where a rule depends on whether the bundle has a
`Dockerfile`, the reader is told; when it does not know, it warns.
"""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.errors import Problem, Where
from beanstalk.source.image_name import unfilled, why_not_an_image
from beanstalk.source.json_nodes import Json
from beanstalk.source.json_schema import Findings


@dataclass(frozen=True, slots=True)
class BucketKey:
    """A file in S3: credentials of an image registry, as `docker login` writes them."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Image:
    """name: "" when not given.  update: pull before every start; only the text "false" turns that off."""

    name: str
    update: bool
    at: Where


@dataclass(frozen=True, slots=True)
class Port:
    """None: not given or a mark that nobody filled in. `host_port` has no effect behind the proxy."""

    container_port: int | None
    host_port: int | None


@dataclass(frozen=True, slots=True)
class HostFolder:
    """A folder of the instance that the container sees."""

    host_directory: str
    container_directory: str


@dataclass(frozen=True, slots=True)
class DockerrunV1:
    """One container. Texts are "" and lists empty when not given.

    port: where the program in the container listens, None: the image or Dockerfile says so with EXPOSE.
    logging: folder in the container.  command: arguments of the entry point when both are given.
    unfilled: what a template still has open; such a file cannot be deployed.  raw: all that was written.
    """

    image: Image | None
    ports: tuple[Port, ...]
    volumes: tuple[HostFolder, ...]
    logging: str
    entrypoint: str
    command: str
    authentication: BucketKey | None
    raw: Json
    warnings: tuple[Problem, ...] = ()
    unfilled: tuple[Problem, ...] = ()

    @property
    def port(self) -> int | None:
        return self.ports[0].container_port if self.ports else None


@dataclass(frozen=True, slots=True)
class DockerrunV3:
    """Beside a `docker-compose.yml`: credentials for its private images, nothing else."""

    authentication: BucketKey | None
    raw: Json
    warnings: tuple[Problem, ...] = ()
    unfilled: tuple[Problem, ...] = ()


def check_v1(root: Json, dockerfile: bool | None, findings: Findings) -> None:
    """The rules that a schema cannot say. dockerfile: whether the bundle has one, None: unknown."""
    image = root.get("Image")
    name = (image.text("Name") if image else "") if dockerfile is not True else ""
    if image is not None and dockerfile and image.get("Name"):
        hint = "take Image out: the image is built from the Dockerfile"
        findings.warn(image.at, "Image has no effect beside a Dockerfile", hint)
    elif name:
        _image(root, name, dockerfile, findings)
    elif dockerfile is False:
        hint = 'write "Image": {"Name": "..."}, or put a Dockerfile into the bundle'
        findings.wrong((image or root).at, "no image to run: there is neither Image.Name nor a Dockerfile", hint)
    elif image is not None and dockerfile is None:
        findings.warn(image.at, "Image without Name can be used only beside a Dockerfile", "name the image")
    if image and (update := image.get("Update")) and update.value not in ("true", "false"):
        effect = "the image is pulled every time" if update.value is not True else "it has the same effect"
        findings.warn(
            update.at, 'Image.Update is neither "true" nor "false" as text', f'{effect}; write "true" or "false"'
        )
    _ports(root, findings)
    _folders(root, findings)
    _authentication(root, findings)


def bind_v1(root: Json, findings: Findings) -> DockerrunV1:
    """The values. What is not as it should be counts as not given."""
    image, entries = root.get("Image"), root.get("Volumes")
    return DockerrunV1(
        image=Image(image.text("Name"), _update(image), image.at) if image else None,
        ports=tuple(Port(_port(item, "ContainerPort"), _port(item, "HostPort")) for item in root.array("Ports")),
        volumes=tuple(
            HostFolder(item.text("HostDirectory"), item.text("ContainerDirectory"))
            for item in (entries.items if entries else ())
        ),
        logging=root.text("Logging"),
        entrypoint=root.text("Entrypoint"),
        command=root.text("Command"),
        authentication=_bucket_key(root, ("Bucket",), ("Key",)),
        raw=root,
        warnings=tuple(findings.warnings + findings.unfilled),
        unfilled=tuple(findings.unfilled),
    )


def check_v3(root: Json, findings: Findings) -> None:
    for name in ("containerDefinitions", "Image", "Ports", "Volumes", "volumes"):
        member = next((each for each in root.members if each.name == name), None)
        if member:
            version = "2" if name[0].islower() else "1"
            text = f"{name} is not read in version 3, which holds only Authentication beside a docker-compose.yml"
            findings.warnings = [each for each in findings.warnings if each.at != member.at]
            findings.wrong(member.at, text, f'for {name} write "AWSEBDockerrunVersion": {version}')
    authentication = root.get("Authentication")
    if authentication is None:
        text = "version 3 without Authentication has no effect"
        findings.warn(root.at, text, "add Authentication with bucket and key, or remove the file")
    elif _bucket_key(root, ("bucket", "Bucket"), ("key", "Key")) is None:
        findings.wrong(authentication.at, "Authentication needs bucket and key", "name the bucket and the object in it")


def bind_v3(root: Json, findings: Findings) -> DockerrunV3:
    authentication = _bucket_key(root, ("bucket", "Bucket"), ("key", "Key"))
    warnings = tuple(findings.warnings + findings.unfilled)
    return DockerrunV3(authentication, root, warnings, tuple(findings.unfilled))


def check_image(node: Json, name: str, findings: Findings) -> None:
    """Tell when `name` is no image: a mark to fill in, or nothing Docker takes."""
    if marks := unfilled(name):
        if not any(each.at == node.at for each in findings.unfilled):
            findings.not_filled_in(node.at, marks)
    elif not any(each.at == node.at for each in findings.problems) and (why := why_not_an_image(name)):
        hint = "as nginx:1.27, organisation/name:tag or host/organisation/name:tag"
        findings.wrong(node.at, f"{name[:80]!r} is no name of an image: {why}", hint)


def _image(root: Json, name: str, dockerfile: bool | None, findings: Findings) -> None:
    image = root.get("Image")
    node = image.get("Name") if image else None
    if node is not None:
        check_image(node, name, findings)
    ports = root.get("Ports")
    if ports is None or not ports.items:
        text = "Ports is missing: the proxy does not know where the program in the container listens"
        hint = 'write "Ports": [{"ContainerPort": 8080}]'
        (findings.wrong if dockerfile is False else findings.warn)(root.at, text, hint)
    elif ports.items[0].kind == "object" and ports.items[0].get("ContainerPort") is None:
        findings.wrong(
            ports.items[0].at, "the first entry of Ports has no ContainerPort", "say where the program listens"
        )


def _ports(root: Json, findings: Findings) -> None:
    ports = root.get("Ports")
    if ports and len(ports.items) > 1:
        text = "only the first entry of Ports is used"
        findings.warn(ports.items[1].at, text, "remove the others, or use a docker-compose.yml")


def _folders(root: Json, findings: Findings) -> None:
    logging = root.get("Logging")
    if logging and root.text("Logging") and not root.text("Logging").startswith(("/", "$", "<", "{")):
        findings.warn(logging.at, "Logging is not an absolute path in the container", "begin it with /")
    for item in root.array("Volumes"):
        for name in ("HostDirectory", "ContainerDirectory"):
            node = item.get(name)
            if node and item.text(name) and not item.text(name).startswith(("/", "$", "<", "{")):
                findings.wrong(
                    node.at, f"{name} is not an absolute path", "begin it with /; the bundle is at /var/app/current"
                )


def _authentication(root: Json, findings: Findings) -> None:
    node = root.get("Authentication")
    if node and node.kind == "object":
        missing = [name for name in ("Bucket", "Key") if not node.text(name)]
        if missing:
            text = f"Authentication has no {' and no '.join(missing)}, so there are no credentials"
            findings.warn(node.at, text, "name both, or remove Authentication")


def _update(image: Json) -> bool:
    return image.text("Update") != "false"


def _port(item: Json, name: str) -> int | None:
    node = item.get(name)
    value = node.value if node else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 5:
        return int(value)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _bucket_key(root: Json, buckets: tuple[str, ...], keys: tuple[str, ...]) -> BucketKey | None:
    node = root.get("Authentication")
    bucket = next((node.text(name) for name in buckets if node and node.text(name)), "")
    key = next((node.text(name) for name in keys if node and node.text(name)), "")
    return BucketKey(bucket, key) if bucket and key else None
