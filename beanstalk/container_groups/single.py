"""One container behind the proxy: a `Dockerfile`, a `Dockerrun.aws.json` of version 1, or both.

With both the image is built and the other keys of the Dockerrun count. Source: EB Developer Guide, "Docker platform
configuration".
"""

from __future__ import annotations

import posixpath

from beanstalk.container_groups.images import built_image, in_s3, named_image
from beanstalk.container_groups.material import Material, all_secrets
from beanstalk.container_groups.mounts import mount_of_path, usable_target
from beanstalk.containers import Container, ImageBuild, ImageSource, Mount, MountKind, Port
from beanstalk.errors import Where
from beanstalk.source import dockerfile, dockerrun
from beanstalk.source.dockerfile_stages import Exposed, exposed_ports, find_stage, read_stages
from beanstalk.source.dockerrun_v1 import DockerrunV1
from beanstalk.source.json_nodes import Json

NAME = "web"
_SAY = f"write EXPOSE with the port into the {dockerfile.FILE_NAME}, or Ports into a {dockerrun.FILE_NAME}"


def single_container(text: str | None, run: DockerrunV1 | None, material: Material) -> tuple[Container, int]:
    """The container and the port where it gets requests. text: of the Dockerfile, None for none: then run is there."""
    port = _port(text, run, material)
    image = _image(text, run, material)
    environment, secrets = tuple(material.properties.items()), all_secrets(material)
    ports = (Port(port),) if port else ()
    if run is None:
        return Container(NAME, image, environment=environment, secrets=secrets, ports=ports), port
    return Container(
        NAME,
        image,
        command=_words(run, "Command", run.command, material),
        entrypoint=_words(run, "Entrypoint", run.entrypoint, material),
        environment=environment,
        secrets=secrets,
        ports=ports,
        mounts=_mounts(run, material),
    ), port


def _image(text: str | None, run: DockerrunV1 | None, material: Material) -> ImageSource:
    credentials = in_s3(run.authentication) if run else ""
    if text is not None:
        return built_image(ImageBuild("", dockerfile=dockerfile.FILE_NAME), text, material, credentials)
    assert run is not None
    if run.image is None or not run.image.name:
        return ImageSource()  # the reader has noted it
    place = _place(run.raw.get("Image"), "Name") or run.image.at
    return named_image(run.image.name, place, material, run.image.update, credentials)


def _port(text: str | None, run: DockerrunV1 | None, material: Material) -> int:
    """0 when nobody says it, which is noted."""
    exposed = _first_exposed(text, material) if text is not None else None
    if run is not None and run.port is not None:
        if exposed and exposed.port not in (None, run.port):
            at = _place(run.raw, "Ports")
            what = f"the {dockerfile.FILE_NAME} exposes {exposed.port} first"
            material.notes.warn(at, f"ContainerPort is {run.port}, and {what}", "give both the same port")
        return run.port
    at = Where(dockerfile.FILE_NAME if text is not None else dockerrun.FILE_NAME, exposed.line if exposed else 1)
    if exposed is None:
        material.notes.wrong(at, "nothing says on which port the application listens in its container", _SAY)
    elif exposed.port is None:
        material.notes.wrong(at, f"EXPOSE {exposed.text[:60]} is no port that is known before the build", _SAY)
    return exposed.port or 0 if exposed else 0


def _first_exposed(text: str, material: Material) -> Exposed | None:
    read = dockerfile.read_dockerfile(text)
    stages = read_stages(read)
    if find_stage(stages) is None:
        at = Where(dockerfile.FILE_NAME, read.instructions[0].line if read.instructions else 1)
        material.notes.wrong(at, "the Dockerfile begins with no image", "write FROM with the name of an image")
    return next((each for each in exposed_ports(stages) if each.protocol == "tcp"), None)


def _words(run: DockerrunV1, key: str, text: str, material: Material) -> tuple[str, ...] | None:
    """`docker run` gets the text without quotes around it, so a shell splits it."""
    return material.words(text, key, _place(run.raw, key)) if text.strip() else None


def _mounts(run: DockerrunV1, material: Material) -> tuple[Mount, ...]:
    """Volumes and the folder of Logging, which goes before a volume of the same folder: so its files are kept."""
    found: dict[str, Mount] = {}
    logging = run.raw.get("Logging")
    if run.logging and usable_target(run.logging, logging, material):
        found[posixpath.normpath(run.logging)] = Mount(MountKind.LOGS, NAME, run.logging)
    volumes = run.raw.get("Volumes")
    for volume, node in zip(run.volumes, volumes.items if volumes else (), strict=True):
        target = volume.container_directory
        if (earlier := found.get(posixpath.normpath(target))) is None:
            if mount := mount_of_path(volume.host_directory, target, False, node, material):
                found[posixpath.normpath(target)] = mount
        elif earlier.kind is MountKind.LOGS:
            material.told(node, f"the volume on {target[:80]}", "Logging has the same folder, whose files are kept")
        else:
            material.notes.wrong(node, f"a second volume on {target[:80]}", "give each its own ContainerDirectory")
    return tuple(found.values())


def _place(node: Json | None, name: str) -> Where | None:
    found = node.get(name) if node else None
    return found.at if found else None
