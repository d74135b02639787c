"""Links between environments of one application: a property of the one is the address of the other.

Source: EB Developer Guide, "Creating links between environments". There the property is the CNAME of the linked
environment, which answers at port 80; here it has the port behind it, unless that is 80. Of a worker it is the address
of its queue.
"""

from __future__ import annotations

import socket
from collections.abc import Collection

from beanstalk.agent.pools import DOMAIN, host_of
from beanstalk.errors import InvalidInput, Problem
from beanstalk.model import OptionSetting
from beanstalk.options.configuration import Layer
from beanstalk.records import Environment
from beanstalk.service.configuration import PROPERTIES, Stored, load_settings
from beanstalk.service.place import Service
from beanstalk.service.workers import queue_of
from beanstalk.source.manifest import Link

_HTTP = 80


def address_of(service: Service, environment: Environment) -> str:
    """What stands between `http://` and the path of a request to it. Of a worker the address of its queue, "" while
    that is not there yet."""
    if environment.is_worker:
        return queue_of(environment)
    host, port = host_of(environment.cname), service.home.endpoint[1]
    return host if port == _HTTP else f"{host}:{port}"


def link_settings(service: Service, application: str, name: str, links: Collection[Link]) -> tuple[Stored, ...]:
    """The properties that the links of the environment `name` become.

    Raises InvalidInput with every link that leads to no living environment of the application.
    """
    there = {each.name: each for each in service.store.living() if each.application == application}
    problems, found = [], []
    for link in links:
        if link.environment == name:
            problems.append(Problem(f"{link.variable} links {name} to itself", link.at, "name another environment"))
        elif link.environment not in there:
            text = f"{link.variable} links to {link.environment}, and {application} has no such environment"
            hint = f"create {link.environment} first, or give the property yourself: --envvars {link.variable}=ADDRESS"
            problems.append(Problem(text, link.at, hint))
        elif not (value := address_of(service, there[link.environment])):
            text = f"{link.variable} links to {link.environment}, whose queue is not there yet"
            problems.append(Problem(text, link.at, f"wait until {link.environment} has it: beanstalk events"))
        else:
            setting = OptionSetting(PROPERTIES, link.variable, value, at=link.at)
            found.append(Stored(setting, Layer.SAVED, link.environment))
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


def link_notices(stored: Collection[Stored]) -> tuple[Problem, ...]:
    """Links are host names, and not every machine leads those to itself."""
    properties = sorted(each.setting.name for each in stored if each.link and "://" not in each.setting.value)
    if not properties or names_are_found():
        return ()
    text = f"{', '.join(properties)}: programs on this machine do not find names under {DOMAIN}"
    return (Problem(text, hint="beanstalk doctor tells how to mend that"),)


def names_are_found() -> bool:
    """Whether this machine leads every name under localhost to itself (RFC 6761, 6.3), also for programs."""
    try:
        return bool(socket.getaddrinfo(host_of("beanstalk"), None))
    except OSError:
        return False


def links_of(environment: Environment) -> dict[str, str]:
    """{property: name of the environment that it leads to}, by name of the property."""
    stored = load_settings(environment.settings_json)
    return {each.setting.name: each.link for each in stored if each.link}


def linking_to(service: Service, environment: Environment) -> list[str]:
    """Names of the environments that reach this one by a link. After its CNAME was swapped away none does any more."""
    address = address_of(service, environment)
    return [
        each.name
        for each in service.store.living()
        if each.id != environment.id
        and each.application == environment.application
        and any(stored.link and stored.setting.value == address for stored in load_settings(each.settings_json))
    ]
