"""Who we are to a registry of images: credentials, looked for where Docker and Elastic Beanstalk look for them.

In this order: the file that `Authentication` of a Dockerrun file names; a credential helper that the user's docker
configuration has for this registry; for Amazon ECR a token that AWS gives to whoever runs this; the logins of the
user's docker configuration. Passwords stay in memory: they are in no `repr`, message, log, command line or file.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from beanstalk.errors import TargetError
from beanstalk.targets.local.asking_aws import ask_aws

if TYPE_CHECKING:
    from docker.auth import AuthConfig

Tell = Callable[[str], None]
"""Takes one line for the log."""

DOCKER_HUB = "docker.io"
ECR = re.compile(
    r"\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.(?:aws|amazonwebservices\.com\.cn))"
)
"""Private registries of Amazon ECR, with their region (ECR User Guide, "Amazon ECR endpoints")."""
ECR_PUBLIC = "public.ecr.aws"
_ECR_PUBLIC_REGION = "us-east-1"
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a registry: user and password, or an identity token alone."""

    user: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def for_engine(self) -> dict[str, str]:
        """In the form of the docker SDK's `auth_config`."""
        if self.token:
            return {"identitytoken": self.token}
        return {"username": self.user, "password": self.password}


def registry_of(reference: str) -> str:
    """Host, and port, of the registry that an image's name leads to; DOCKER_HUB when it names none."""
    from docker.auth import resolve_index_name, split_repo_name

    return str(resolve_index_name(split_repo_name(reference)[0]))


def find_credentials(registry: str, given: str, version: Path, tell: Tell) -> Credentials | None:
    """What opens `registry`, None when nobody has anything for it: then it is asked without.

    given: path in the folder `version` of a docker configuration file, or s3://BUCKET/KEY of one, or "". Raises
    TargetError when that cannot be read, and when AWS gives no token for a private registry of ECR that nothing else
    opens. Everything else that cannot be used is told and passed over, as docker does.
    """
    if given:
        found = _entry(_read_given(given, version), registry)
        if found:
            return found
        tell(f"{given} says nothing about {registry}")
    own = _own_configuration(tell)
    asked_of_helper = own is not None and registry in own.cred_helpers
    if not asked_of_helper and (region := _ecr_region(registry)):
        try:
            return ecr_credentials(region, public=registry == ECR_PUBLIC)
        except TargetError as error:
            found = _of_user(own, registry, tell)
            if found is None and registry != ECR_PUBLIC:
                raise
            tell(f"no token of Amazon ECR: {error.problem}")
            return found
    return _of_user(own, registry, tell)


def ecr_credentials(region: str, public: bool = False) -> Credentials:
    """A token of Amazon ECR, good for 12 hours. AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_ECR are honoured, as by boto3.

    Raises TargetError when boto3 is missing, nobody is logged in to AWS, or AWS refuses.
    """
    if public:
        answer = ask_aws("ecr-public", _ECR_PUBLIC_REGION, lambda client: client.get_authorization_token())
        token = answer["authorizationData"]["authorizationToken"]
    else:
        answer = ask_aws("ecr", region, lambda client: client.get_authorization_token())
        token = answer["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    return Credentials(user, password)


def _ecr_region(registry: str) -> str:
    """The region of a registry of Amazon ECR, "" for other registries."""
    if registry == ECR_PUBLIC:
        return _ECR_PUBLIC_REGION
    match = ECR.fullmatch(registry)
    return match[1] if match else ""


def _read_given(given: str, version: Path) -> AuthConfig:
    """The logins of a file that a bundle names. Of what else is in it nothing is used: no program is run for it."""
    from docker.auth import AuthConfig
    from docker.errors import DockerException

    text = _from_s3(given) if given.startswith("s3://") else _from_bundle(given, version)
    hint = 'it is what `docker login` writes: {"auths": {"HOST": {"auth": "…"}}}'
    try:
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError("it is no object")
        # The old form, .dockercfg, has the registries at the top level.
        logins = content.get("auths", content)
        return AuthConfig({"auths": AuthConfig.parse_auth(logins, raise_on_error="auths" in content)})
    except (ValueError, AttributeError, TypeError, DockerException):
        # The reason may quote the file, and with it a password.
        raise TargetError(f"{given} is no docker configuration file", hint=hint) from None


def _from_bundle(given: str, version: Path) -> bytes:
    path = (version / given).resolve()
    try:
        if not path.is_relative_to(version.resolve()):
            raise TargetError(f"{given} is outside of the source bundle", hint="put the file into the bundle")
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE)
    except OSError as error:
        raise TargetError(f"{given}, which has the login, cannot be read: {error.strerror}") from None


def _from_s3(address: str) -> bytes:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        answer = ask_aws("s3", None, lambda client: client.get_object(Bucket=bucket, Key=key))
        return bytes(answer["Body"].read(_LARGEST_FILE))
    except TargetError as error:
        raise TargetError(f"{address}, which has the login, cannot be read: {error.problem}", hint=error.hint) from None


def _own_configuration(tell: Tell) -> AuthConfig | None:
    """The user's docker configuration: $DOCKER_CONFIG/config.json, or that of the home folder."""
    from docker.auth import load_config
    from docker.errors import DockerException

    try:
        return load_config()
    except (DockerException, OSError, ValueError):
        tell("your docker configuration (config.json) cannot be read and is passed over")
        return None


def _of_user(own: AuthConfig | None, registry: str, tell: Tell) -> Credentials | None:
    from docker.errors import DockerException

    try:
        return _entry(own, registry) if own is not None else None
    except (DockerException, OSError, ValueError):
        helper = own.get_credential_store(registry) if own is not None else ""
        tell(f"the credential helper docker-credential-{helper} of your docker configuration does not work")
        return None


def _entry(configuration: AuthConfig, registry: str) -> Credentials | None:
    # Helpers answer with capital letters, files without.
    found = {key.lower(): value for key, value in (configuration.resolve_authconfig(registry) or {}).items()}
    if found.get("identitytoken"):
        return Credentials("", token=found["identitytoken"])
    return Credentials(found["username"], found["password"]) if found.get("username") else None
