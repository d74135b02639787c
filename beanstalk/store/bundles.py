"""Source bundles in a bucket, by the digest of their content: what is there already is not sent again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from beanstalk.errors import BundleRefused, CloudError
from beanstalk.source.bundle import read_bundle
from beanstalk.store.documents import LOST, NOT_THERE, Documents, at_once

PART_BYTES = 16 << 20
"""Of an upload in parts; S3 takes 5 MiB to 5 GiB, and at most 10,000 of them."""
_CHUNK = 1 << 20


class Bundles:
    """part_bytes: larger ones go in parts, several at the same time."""

    def __init__(self, documents: Documents, part_bytes: int = PART_BYTES) -> None:
        self._documents, self._part_bytes = documents, part_bytes

    @staticmethod
    def key(digest: str) -> str:
        return f"bundles/{digest}.zip"

    def has(self, digest: str) -> bool:
        try:
            self._documents.api.head_object(**self._documents.place(self.key(digest)))
        except CloudError as error:
            if error.code in NOT_THERE:
                return False
            raise
        return True

    def put(self, digest: str, path: Path) -> bool:
        """Whether it had to be sent."""
        if self.has(digest):
            return False
        size = path.stat().st_size
        if size <= self._part_bytes:
            return self._documents.put_bytes(self.key(digest), path.read_bytes(), "application/zip", new=True)
        return self._put_in_parts(digest, path, size)

    def fetch(self, digest: str, path: Path) -> None:
        """Write it to `path`, whole or not at all. Raises BundleRefused when it is gone or damaged."""
        try:
            body = self._documents.api.get_object(**self._documents.place(self.key(digest)))["Body"]
        except CloudError as error:
            if error.code in NOT_THERE:
                text = f"the source bundle {digest[:12]} is gone from s3://{self._documents.bucket}"
                raise BundleRefused(text, hint="deploy from the project again") from None
            raise
        scratch = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with scratch.open("wb") as file:
                scratch.chmod(0o600)
                for chunk in body.iter_chunks(_CHUNK):
                    file.write(chunk)
            if read_bundle(scratch).digest != digest:
                text = f"{self.key(digest)} in s3://{self._documents.bucket} is damaged"
                raise BundleRefused(text, hint="deploy from the project again")
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)

    def delete(self, digest: str) -> None:
        self._documents.delete(self.key(digest))

    def _put_in_parts(self, digest: str, path: Path, size: int) -> bool:
        api, place = self._documents.api, self._documents.place(self.key(digest))
        upload = api.create_multipart_upload(**place, ContentType="application/zip")["UploadId"]

        def send(part: tuple[int, int, int]) -> dict[str, Any]:
            number, first, length = part
            with path.open("rb") as file:
                file.seek(first)
                content = file.read(length)
            tag = api.upload_part(**place, UploadId=upload, PartNumber=number, Body=content)["ETag"]
            return {"PartNumber": number, "ETag": tag}

        try:
            sent = at_once(send, list(_parts(size, self._part_bytes)), 4)
            api.complete_multipart_upload(
                **place, UploadId=upload, MultipartUpload={"Parts": sent}, IfNoneMatch="*"
            )  # fmt: skip
        except CloudError as error:
            api.abort_multipart_upload(**place, UploadId=upload)
            if error.code in LOST:  # the same content came from elsewhere
                return False
            raise
        return True


def _parts(size: int, part: int) -> Iterator[tuple[int, int, int]]:
    """(number from 1, first byte, bytes) of each."""
    for number, first in enumerate(range(0, size, part), 1):
        yield number, first, min(part, size - first)
