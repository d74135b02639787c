"""Where everything of this machine lies: one folder, moved as a whole by BEANSTALK_HOME.

Two homes never meet, so tests and people can have several side by side.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from beanstalk.errors import BeanstalkError


@dataclass(frozen=True, slots=True)
class Home:
    """folder: absolute.  address, port: where environments answer.  balancer: "caddy", "haproxy", or None: choose."""

    folder: Path
    address: str = "127.0.0.1"
    port: int = 8080
    balancer: str | None = None

    @property
    def database(self) -> Path:
        return self.folder / "beanstalk.db"

    @property
    def builds(self) -> Path:
        return self.folder / "builds"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def engine(self) -> Path:
        """Says which container engine is used; there only if one is."""
        return self.run / "engine"

    @property
    def bundles(self) -> Path:
        return self.folder / "versions"

    def bundle(self, digest: str) -> Path:
        """The source bundle with this content."""
        return self.bundles / f"{digest}.zip"

    def unpacked(self, digest: str) -> Path:
        """The same, unpacked and read-only."""
        return self.folder / "unpacked" / digest

    def environment(self, environment_id: str) -> Path:
        return self.folder / "environments" / environment_id

    def instance(self, environment_id: str, instance_id: str) -> Path:
        """The instance's own writable copy of the bundle."""
        return self.environment(environment_id) / "instances" / instance_id

    def logs(self, environment_id: str, instance_id: str) -> Path:
        return self.environment(environment_id) / "logs" / instance_id

    def scripts(self, environment_id: str, instance_id: str) -> Path:
        """The jobs that run the scripts of an instance, and their records."""
        return self.environment(environment_id) / "scripts" / instance_id

    @property
    def endpoint(self) -> tuple[str, int]:
        """Address and port where the environments answer: those of the agent that was started last, else as asked."""
        if not (self.run / "endpoint").is_file():
            return self.address, self.port
        address, port = _endpoint(self.folder)
        return address, int(port)

    def kept_logs(self, environment_id: str) -> Path:
        """Logs of an environment that was terminated with --keep-data."""
        return self.folder / "kept-logs" / environment_id

    def create(self) -> None:
        """Make the folder, readable by its owner alone. Raises BeanstalkError when that is not possible."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.run, self.bundles, self.folder / "unpacked", self.folder / "environments"):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise BeanstalkError(
                f"cannot write to {self.folder}: {error.strerror}", hint="set BEANSTALK_HOME to a folder of yours"
            ) from None


def find_home(variables: Mapping[str, str] = os.environ) -> Home:
    """The home that the environment variables name. Raises BeanstalkError for a bad port.

    Without variables for them address and port are those where the environments of this home answer already.
    """
    named = variables.get("BEANSTALK_HOME")
    if named:
        try:
            folder = Path(named).expanduser().absolute()
        except RuntimeError as error:
            raise BeanstalkError(f"BEANSTALK_HOME is {named!r}: {error}", hint="use an absolute path") from None
    else:
        import platformdirs

        folder = Path(platformdirs.user_data_dir("beanstalk"))
    known_address, known_port = _endpoint(folder)
    text = variables.get("BEANSTALK_HTTP_PORT") or known_port
    if not _is_port(text):
        raise BeanstalkError(f"BEANSTALK_HTTP_PORT is {text!r}, which is no port", hint="use a number from 1 to 65535")
    address = variables.get("BEANSTALK_HTTP_ADDRESS") or known_address
    return Home(folder, address, int(text), variables.get("BEANSTALK_BALANCER") or None)


def _endpoint(folder: Path) -> tuple[str, str]:
    """What the agent wrote down when it started; (127.0.0.1, 8080) when there is none."""
    try:
        address, _, port = (folder / "run" / "endpoint").read_text().rpartition(":")
    except (OSError, ValueError):
        address, port = "", ""
    return (address, port) if address and _is_port(port) else ("127.0.0.1", "8080")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535
