"""`beanstalk agent`: the background process that keeps the environments of this machine."""

from __future__ import annotations

import click

from beanstalk.agent.daemon import agent_pid, serve
from beanstalk.cli.session import CommandGroup, Session, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.errors import BeanstalkError
from beanstalk.service.agent import agent_status
from beanstalk.service.agent import stop as stop_agent


@click.group(cls=CommandGroup)
def command() -> None:
    """See, stop or run the agent: the background process that keeps the environments of this machine.

    Every command that needs it starts it. Environments keep answering while it is stopped.
    """


@command.command()
@pass_session
def status(session: Session) -> None:
    """Tell whether the agent runs, and what it keeps."""
    home, found = session.service.home, agent_status(session.service)
    if session.json:
        write_json(
            {
                "Pid": found.pid,
                "Home": str(home.folder),
                "Address": home.address,
                "Port": home.port,
                "Balancer": {"Name": found.balancer, "Pid": found.balancer_pid},
                "Environments": list(found.environments),
            }
        )
        return
    click.echo(f"Agent:        {_pid_text(found.pid)}")
    click.echo(f"Home:         {home.folder}")
    click.echo(f"Answers at:   {home.address}:{home.port}")
    click.echo(f"Balancer:     {found.balancer}, {_pid_text(found.balancer_pid)}")
    click.echo(f"Environments: {', '.join(found.environments) or 'none'}")


@command.command()
@pass_session
def stop(session: Session) -> None:
    """Stop the agent; instances and load balancer keep serving."""
    stopped = stop_agent(session.service)
    names = agent_status(session.service).environments
    if session.json:
        write_json({"Stopped": stopped, "Environments": list(names)})
    elif not stopped:
        click.echo("No agent was running.")
    elif names:
        click.echo("The agent has stopped. What runs goes on; nothing is deployed or replaced until the agent is back.")
    else:
        click.echo("The agent has stopped.")


@command.command()
@pass_session
def run(session: Session) -> None:
    """Be the agent, in the foreground, until stopped or until no environment is left."""
    home = session.service.home
    if not serve(home):
        hint = "stop it first: beanstalk agent stop"
        raise BeanstalkError(f"the agent runs already (pid {agent_pid(home)})", hint=hint)


def _pid_text(pid: int | None) -> str:
    return f"pid {pid}" if pid else "does not run"
