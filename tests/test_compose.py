"""docker-compose.yml is a shape that starts: every name in it leads somewhere, and no secret stands in it."""

import re
import shutil
import subprocess
import tomllib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml

from integrations.settings import Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
SHAPE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = SHAPE["services"]
OURS = ("migrate", "worker", "api")
# They run to their end; everything else stays.
ONCE = {"migrate", "temporal-schema"}

VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
OPERATOR = {
    "CLINIC_DATABASE_PASSWORD": "clinic1",
    "TEMPORAL_DATABASE_PASSWORD": "temporal1",
    "NJIA_FACILITY_CODE": "KSM",
    "NJIA_FACILITY_NAME": "Kisumu Outpatient Clinic",
    "NJIA_TOKEN_SECRET": "a long random text of a token",
    "NJIA_COMMAND_SECRET": "another long random text of a command",
    "NJIA_PAYLOAD_KEYS": f"first:{b64encode(bytes(range(32))).decode()}",
}


def filled_in(text: str) -> str:
    """What compose makes of a value when the operator gave what must be given, and nothing else."""
    return VARIABLE.sub(lambda found: OPERATOR.get(found["name"]) or found["rest"], text)


def settings_of(service: str) -> dict[str, str]:
    environment = SERVICES[service]["environment"]
    return {name: filled_in(str(value)) for name, value in environment.items()}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_comes_from_a_pinned_image_or_from_here(service: str) -> None:
    image = SERVICES[service].get("image", "")
    assert "build" in SERVICES[service] or re.fullmatch(r"[\w./-]+:\d[\w.-]*", image)


@pytest.mark.parametrize("service", sorted(set(SERVICES) - ONCE))
def test_every_service_that_stays_is_watched_and_started_again(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_waits_for_one_that_exists_and_can_be_waited_for(service: str) -> None:
    for name, wait in SERVICES[service].get("depends_on", {}).items():
        assert name in SERVICES
        assert wait["condition"] == ("service_completed_successfully" if name in ONCE else "service_healthy")


def test_names_of_volumes_networks_and_configs_lead_somewhere() -> None:
    for service in SERVICES.values():
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(SHAPE["volumes"])
        assert set(service.get("networks", [])) <= {"default", *SHAPE["networks"]}
        assert {config["source"] for config in service.get("configs", [])} <= set(SHAPE["configs"])


def test_every_setting_is_one_that_we_have() -> None:
    known = {f"NJIA_{field.upper()}" for field in Settings.model_fields}
    named = set(re.findall(r"\bNJIA_[A-Z_]+", TEXT))
    assert named
    assert named <= known


@pytest.mark.parametrize("service", OURS)
def test_our_processes_start_with_these_settings(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings_of(service).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.environment == "production"
    assert not settings.embedded_database
    assert not settings.embedded_temporal
    assert settings.temporal == "temporal:7233"
    assert settings.ui_url == "http://127.0.0.1:8233"
    assert next(iter(settings.keyring)) == "first"


def test_the_ui_asks_our_own_codec_and_brings_the_cookie() -> None:
    ui = settings_of("temporal-ui")
    assert ui["TEMPORAL_CODEC_ENDPOINT"] == f"{settings_of('api')['NJIA_PUBLIC_URL']}/codec"
    assert ui["TEMPORAL_CODEC_INCLUDE_CREDENTIALS"] == "true"
    assert ui["TEMPORAL_CORS_ORIGINS"] == settings_of("api")["NJIA_TEMPORAL_UI_URL"]


def test_no_secret_stands_in_the_file_and_none_may_be_left_out() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"SECRET|PASSWORD|PWD|KEYS|DATABASE_URL", name):
                found = VARIABLE.search(str(value))
                assert found is not None, f"{name} is written out"
                assert found["kind"] == "?", f"{name} may be left out"


def test_nothing_listens_beyond_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert not any("network_mode" in service for service in SERVICES.values())


def test_the_databases_can_be_reached_by_their_own_clients_only() -> None:
    def inside(network: str) -> set[str]:
        return {name for name, service in SERVICES.items() if network in service.get("networks", ["default"])}

    assert inside("clinic-data") == {"postgres", *OURS}
    assert inside("temporal-data") == {"temporal-postgres", "temporal-schema", "temporal"}
    assert all(SHAPE["networks"][network]["internal"] for network in ("clinic-data", "temporal-data"))


def test_the_image_holds_every_room_and_is_not_run_by_root() -> None:
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {*rooms, "web", "rules", "migrations", "njia.py", "pyproject.toml", "requirements.lock"} == kept
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("USER njia") > lines.index("COPY . .")
    assert any("--require-hashes" in line for line in lines)


def can_compose() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_compose(), reason="docker compose is not installed here")
def test_compose_itself_understands_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OPERATOR.items():
        monkeypatch.setenv(name, value)
    command = ["docker", "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
