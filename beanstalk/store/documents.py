"""JSON documents in a bucket of S3 that many may write: nobody overwrites what he has not read.

Conditional writes (If-None-Match, If-Match) decide who was first; S3 reads what was written last, always. A request may
reach S3 and its answer get lost, so every write has a mark of its own, and whoever is refused looks whose is there.
Source: S3 User Guide, "How to prevent object overwrites with conditional writes".
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

from beanstalk.errors import CloudError

Json = dict[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")
NOT_THERE = ("NoSuchKey", "NoSuchBucket", "404", "NotFound")
"""How S3 says that there is no such object or bucket; an answer without a body says only 404."""
LOST = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
"""How it says that the condition of a write did not hold, or that another write was under way."""
_MARK = "write"
"""In the metadata of an object: which write it comes from."""
_TRIES = 60
_WHOLE_S = 2.0
"""S3 tells whole seconds, and its answer takes a while: a clock that differs by less is right, and does not jump."""
_LONGEST_PAUSE_S = 0.5
_AT_ONCE = 16
"""Requests that run at the same time."""


class Account(Protocol):
    """What of an account of AWS a store needs; its clients raise CloudError."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def partition(self) -> str: ...
    def client(self, service: str) -> Any: ...


class Documents:
    """bucket: its name. Every request says whose the bucket has to be, so that nobody else's is ever used."""

    def __init__(self, cloud: Account, bucket: str) -> None:
        self._cloud, self.bucket = cloud, bucket
        self._ahead_s = 0.0

    @property
    def api(self) -> Any:
        return self._cloud.client("s3")

    def place(self, key: str) -> dict[str, str]:
        """The arguments that every request about one object has."""
        return {"Bucket": self.bucket, "Key": key, "ExpectedBucketOwner": self._cloud.account}

    def now(self) -> float:
        """By the clock of S3, as far as it has answered: the clocks of those who write may differ."""
        return time.time() + self._ahead_s

    def get_bytes(self, key: str) -> tuple[bytes, str] | None:
        """(content, its tag); None when there is no such object, or no bucket."""
        try:
            answer = self.api.get_object(**self.place(key))
        except CloudError as error:
            if error.code in NOT_THERE:
                return None
            raise
        self._look_at_the_clock(answer)
        return answer["Body"].read(), answer["ETag"]

    def get(self, key: str) -> Json | None:
        found = self.get_bytes(key)
        return None if found is None else _read(found[0])

    def get_all(self, keys: Iterable[str]) -> list[Json]:
        """Several at the same time; those that vanished meanwhile are left out."""
        return [each for each in at_once(self.get, list(keys)) if each is not None]

    def put_bytes(self, key: str, content: bytes, kind: str, tag: str | None = None, new: bool = False) -> bool:
        """Write an object. new: only when there is none.  tag: only over the content that has it. Whether it was."""
        condition = {"IfNoneMatch": "*"} if new else {} if tag is None else {"IfMatch": tag}
        mark = {_MARK: uuid.uuid4().hex}
        try:
            answer = self.api.put_object(
                **self.place(key), Body=content, ContentType=kind, Metadata=mark, **condition
            )  # fmt: skip
        except CloudError as error:
            if condition and error.code in (*LOST, "NoSuchKey"):
                return self._mark_of(key) == mark[_MARK]
            raise
        self._look_at_the_clock(answer)
        return True

    def put(self, key: str, document: Json, tag: str | None = None, new: bool = False) -> bool:
        return self.put_bytes(key, _written(document), "application/json", tag, new)

    def change(self, key: str, changed: Callable[[Json | None], Json | None]) -> Json | None:
        """Write what `changed` makes of the document that is there (None: none is), again when somebody else was
        faster. Nothing is written when it gives None. Gives what is there then.

        changed: may be called several times, and may raise. Raises CloudError when others are faster all the time.
        """
        for attempt in range(_TRIES):
            found = self.get_bytes(key)
            before = None if found is None else _read(found[0])
            after = changed(None if found is None else _read(found[0]))
            if after is None or after == before:
                return before
            if self.put(key, after, tag=None if found is None else found[1], new=found is None):
                return after
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.01 * 2**attempt)))
        raise CloudError(f"others write s3://{self.bucket}/{key} all the time", hint="try again")

    def delete(self, key: str, tag: str | None = None) -> None:
        """No error when there is none. tag: only while it has this content, as far as S3 looks at that."""
        try:
            self.api.delete_object(**self.place(key), **({} if tag is None else {"IfMatch": tag}))
        except CloudError as error:
            if error.code not in (*NOT_THERE, *LOST, *(() if tag is None else ("NotImplemented",))):
                raise

    def delete_if(self, key: str, unwanted: Callable[[Json], bool]) -> None:
        """Only what is there now, and only if `unwanted` says so of it."""
        found = self.get_bytes(key)
        if found is not None and unwanted(_read(found[0])):
            self.delete(key, found[1])

    def keys(self, prefix: str) -> list[str]:
        """All that begin so, in their order; none when there is no bucket."""
        place = {"Bucket": self.bucket, "ExpectedBucketOwner": self._cloud.account, "Prefix": prefix}
        try:
            pages = list(self.api.pages("list_objects_v2", **place))
        except CloudError as error:
            if error.code in NOT_THERE:
                return []
            raise
        return [row["Key"] for page in pages for row in page.get("Contents", ())]

    def _mark_of(self, key: str) -> str:
        try:
            found = self.api.head_object(**self.place(key))
        except CloudError as error:
            if error.code in NOT_THERE:
                return ""
            raise
        return str(found["Metadata"].get(_MARK, ""))

    def _look_at_the_clock(self, answer: Json) -> None:
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if said:
            moment = parsedate_to_datetime(said).timestamp()
            if not moment <= self.now() <= moment + _WHOLE_S:
                self._ahead_s = moment - time.time()


def at_once(act: Callable[[Item], Result], items: list[Item], most: int = _AT_ONCE) -> list[Result]:
    """The results in the order of the items. most: how many at the same time."""
    if len(items) < 2:
        return [act(each) for each in items]
    with ThreadPoolExecutor(min(most, len(items))) as threads:
        return list(threads.map(act, items))


def _written(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1).encode("utf-8", "replace")


def _read(content: bytes) -> Json:
    return dict(json.loads(content))
