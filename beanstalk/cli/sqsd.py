"""`beanstalk sqsd`: the daemon of a worker environment, beside the application in its task."""

from __future__ import annotations

import os
import signal
from types import FrameType

import click

from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.errors import UsageError


@click.command(cls=Command)
@flag("--queue-url", envvar="BEANSTALK_SQSD_QUEUE_URL", silent=True, metavar="URL", help="The queue.")
@flag(
    "--host", envvar="BEANSTALK_SQSD_HOST", silent=True, default="127.0.0.1", show_default=True, metavar="HOST",
    help="Where the application answers.",
)  # fmt: skip
@flag(
    "--port", envvar="BEANSTALK_SQSD_PORT", silent=True, type=click.IntRange(1, 65535), default=80, show_default=True,
    metavar="PORT",
    help="Its port.",
)  # fmt: skip
@pass_session
def command(session: Session, queue_url: str | None, host: str, port: int) -> None:
    """Post the messages of a queue to an application, as Elastic Beanstalk's daemon of a worker environment does.

    The options of aws:elasticbeanstalk:sqsd come as variables: BEANSTALK_SQSD_HTTP_PATH and so on. Ends on SIGTERM,
    when the requests in flight have ended.
    """
    from beanstalk.targets.worker.daemon import Daemon
    from beanstalk.targets.worker.places import Places
    from beanstalk.targets.worker.queue import SqsQueue
    from beanstalk.worker import settings_of_variables

    if not queue_url:
        raise UsageError("which queue?", hint="name it: --queue-url URL")
    settings = settings_of_variables(os.environ)
    region = session.region or None
    places = Places(settings.http_connections, [(host, port)])
    daemon = Daemon(SqsQueue(queue_url, region), settings, places, lambda text: click.echo(text, err=True))

    def stop(_number: int, _frame: FrameType | None) -> None:
        daemon.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo(f"messages of {queue_url} go to http://{host}:{port}{settings.http_path}", err=True)
    daemon.run()
