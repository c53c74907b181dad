"""From a catalogue entry, its configuration and its secrets to what a gateway is asked to start.

Security duty: filled values pass `refusals` here, when a server is added and again each time it starts; secrets go
into the environment or a header, never into the argument vector. No database, no network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from catalog.models import Kind
from dynamic_mcp import refusals
from dynamic_mcp.entries import ServerEntry
from dynamic_mcp.templating import Values, as_text, begins_with_value, fill, fill_all, fill_secrets, missing_paths
from dynamic_mcp.validation import required_paths, with_defaults
from gateways.services import package_launch
from gateways.specs import ServerSpec

_PROBE = "x"  # stands for a secret's value where only its presence matters


@dataclass(frozen=True)
class Missing:
    """What a person must still give: dotted configuration paths and secret names."""

    config: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.config or self.secrets)

    def to_json(self) -> dict[str, list[str]]:
        return {"config": self.config, "secrets": self.secrets}


def values_of(entry: ServerEntry, config: Mapping[str, object]) -> Values:
    """Return the configuration with the schema's defaults, as the entry's templates see it."""
    return Values(with_defaults(entry.config_schema, config), prefixes=(entry.name, entry.source_name))


def what_is_missing(entry: ServerEntry, config: Mapping[str, object], secret_names: Sequence[str]) -> Missing:
    """Return the required values that are not there: by the schema, by the command and address, and secrets."""
    values = values_of(entry, config)
    paths = required_paths(entry.config_schema, values.config)
    paths += [path for path in missing_paths([*entry.command, entry.remote_url], values) if path not in paths]
    return Missing(config=paths, secrets=[name for name in entry.required_secrets if name not in secret_names])


def check_launch(entry: ServerEntry, config: Mapping[str, object]) -> None:
    """Raise ServerRefused for what may not be started with this configuration; starts and makes nothing."""
    refusals.check_texts(config)
    values = values_of(entry, config)
    _arguments(entry, values)
    _environment(entry, values, {})
    if entry.kind == Kind.REMOTE:
        probes = dict.fromkeys(entry.secret_envs.values(), _PROBE)
        refusals.check_header(fill(entry.remote_url, values) or "")
        _headers(entry, values, probes)
    elif entry.kind in (Kind.IMAGE, Kind.POCI):
        refusals.check_image(entry.image, fill(entry.run_user, values) or "", entry.extra_hosts)
        _mounts(entry, values)


def server_spec(
    entry: ServerEntry, config: Mapping[str, object], secrets: Mapping[str, str], *, session_id: str, owner_id: object
) -> ServerSpec:
    """Return what the gateway starts; `secrets` are {secret name: value}.

    Raises ServerRefused, and gateways.errors.PackageRefused or CommandMissing for a package.
    """
    check_launch(entry, config)
    values = values_of(entry, config)
    by_env = {env: secrets[name] for name, env in entry.secret_envs.items() if env and name in secrets}
    if entry.kind == Kind.REMOTE:
        return ServerSpec(
            name=entry.name,
            kind="remote",
            url=fill(entry.remote_url, values) or "",
            transport=entry.transport or "streamable-http",
            headers=_headers(entry, values, by_env),
            secrets=dict(secrets),
        )
    env = _environment(entry, values, by_env)
    if entry.kind == Kind.PACKAGE:
        launch = package_launch(
            package=entry.package,
            arguments=_arguments(entry, values),
            env=env,
            session_id=session_id,
            owner_id=owner_id,
            server=entry.name,
        )
        return ServerSpec(
            name=entry.name,
            kind="package",
            argv=launch.argv,
            env=launch.env,
            cwd=launch.cwd,
            secrets=dict(secrets),
        )
    argv = container_argv(entry, values, env_names=sorted(env), session_id=session_id)
    return ServerSpec(name=entry.name, kind="image", argv=argv, env=env, secrets=dict(secrets))


def container_argv(entry: ServerEntry, values: Values, *, env_names: Sequence[str], session_id: str) -> list[str]:
    """Return `docker run` for an image server: no privileges gained, limits set, values of variables not shown."""
    user = fill(entry.run_user, values) or ""
    argv = ["docker", "run", "--rm", "-i", "--init", "--security-opt", "no-new-privileges", "--cpus", "1"]
    argv += ["--memory", "2g", "--pull", "missing", "--label", f"mcp-console.session={session_id}"]
    argv += ["--network", "none"] if entry.disable_network else []
    argv += ["--user", user] if user else []
    for host in entry.extra_hosts:
        argv += ["--add-host", host]
    for mount in _mounts(entry, values):
        argv += ["--volume", mount]
    for name in env_names:
        argv += ["--env", name]  # the name only: docker takes the value from its own environment
    return [*argv, entry.image, *_arguments(entry, values)]


def _arguments(entry: ServerEntry, values: Values) -> list[str]:
    arguments: list[str] = []
    for template in entry.command:
        for argument in fill_all(template, values) or []:
            refusals.check_argument(argument, from_value=begins_with_value(template))
            arguments.append(argument)
    return arguments


def _environment(entry: ServerEntry, values: Values, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that have a value; one whose template has none is not set at all."""
    filled = {item["name"]: fill(as_text(item.get("value", "")), values) for item in entry.env if item.get("name")}
    return {**{name: value for name, value in filled.items() if value is not None}, **secrets}


def _headers(entry: ServerEntry, values: Values, secrets: Mapping[str, str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, template in entry.headers.items():
        text = fill(template, values)
        value = None if text is None else fill_secrets(text, secrets)
        if value is not None:
            refusals.check_header(name)
            refusals.check_header(value)
            headers[name] = value
    return headers


def _mounts(entry: ServerEntry, values: Values) -> list[str]:
    allowed: list[str] = settings.MOUNT_ALLOW
    volumes = [volume for template in entry.volumes for volume in fill_all(template, values) or []]
    return [refusals.check_mount(volume, allowed) for volume in volumes]
