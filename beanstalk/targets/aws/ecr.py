"""Repositories of images in Amazon ECR: made when they are missing, asked what they have, and rid of what nobody needs.

A tag is the digest of what its image is made of, and never gets another meaning (immutable tags). Lifecycle rules of
ECR cannot know which versions an environment may go back to, so ours only take what has no tag; the others go with the
last version that needs them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass

from beanstalk.errors import CloudError
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.local.registries import Credentials

UNTAGGED_DAYS = 14
_MOST_AT_ONCE = 100
"""Images that one request deletes (ECR API Reference, BatchDeleteImage)."""
_TAGS = [{"Key": "beanstalk:made-by", "Value": "beanstalk"}]


@dataclass(frozen=True, slots=True)
class Repository:
    """host: of the registry; another one than the account's own for an emulator or a mirror (`RegistryHost`)."""

    cloud: Cloud
    name: str
    host: str

    def create(self) -> bool:
        """Whether it was made. One that is there stays as it is."""
        api = self.cloud.client("ecr")
        try:
            api.create_repository(
                repositoryName=self.name,
                imageTagMutability="IMMUTABLE",
                imageScanningConfiguration={"scanOnPush": True},
                encryptionConfiguration={"encryptionType": "AES256"},
                tags=_TAGS,
            )
        except CloudError as error:
            if error.code == "RepositoryAlreadyExistsException":
                return False
            raise
        api.put_lifecycle_policy(repositoryName=self.name, lifecyclePolicyText=json.dumps(_cleaning()))
        return True

    def digest(self, tag: str) -> str:
        """Of the image with this tag, "" when there is none, or no repository."""
        try:
            found = self.cloud.client("ecr").describe_images(repositoryName=self.name, imageIds=[{"imageTag": tag}])
        except CloudError as error:
            if error.code in ("ImageNotFoundException", "RepositoryNotFoundException"):
                return ""
            raise
        rows = found["imageDetails"]
        return str(rows[0]["imageDigest"]) if rows else ""

    def delete(self, tags: Collection[str]) -> None:
        """No error for what is not there."""
        ordered = sorted(tags)
        for first in range(0, len(ordered), _MOST_AT_ONCE):
            ids = [{"imageTag": tag} for tag in ordered[first : first + _MOST_AT_ONCE]]
            try:
                self.cloud.client("ecr").batch_delete_image(repositoryName=self.name, imageIds=ids)
            except CloudError as error:
                if error.code != "RepositoryNotFoundException":
                    raise

    def pinned(self, digest: str) -> str:
        """The name of one image for ever."""
        return f"{self.host}/{self.name}@{digest}"

    def login(self) -> Credentials:
        """Good for 12 hours; in memory alone."""
        found = self.cloud.client("ecr").get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(found["authorizationToken"]).decode().partition(":")
        return Credentials(user, password)


def repository(cloud: Cloud, name: str, host: str = "") -> Repository:
    """host: "" for that of the account."""
    return Repository(cloud, name, host or f"{cloud.account}.dkr.ecr.{cloud.region}.{cloud.domain}")


def _cleaning() -> dict[str, object]:
    selection = {
        "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": UNTAGGED_DAYS,
    }  # fmt: skip
    text = "what has no tag is used by nobody; images of versions go with their versions"
    return {"rules": [{"rulePriority": 1, "description": text, "selection": selection, "action": {"type": "expire"}}]}
