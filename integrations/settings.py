"""Where the outside world is and which secrets open it: read once, by the process that starts."""

import hashlib
import os
from base64 import b64decode
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.policy import HOUSE, Policies, read

# Fit for a laptop and for tests, refused everywhere else.
DEVELOPMENT_SECRETS = {
    "token_secret": "development-only-token-secret-of-njia",
    "command_secret": "development-only-command-secret-of-njia",
    "payload_keys": "dev1:bmppYS1kZXZlbG9wbWVudC1vbmx5LWtleS0zMmJ5dGU=",
    "demo_password": "karibu-njia",
}

# What a real service asks for, by the setting that names it; in development, where the sandbox answers, all of it may
# be empty.
SERVICE_SECRETS = {
    "mpesa_url": ("mpesa_consumer_key", "mpesa_consumer_secret", "mpesa_pass_key"),
    "sms_url": ("sms_user_name", "sms_api_key"),
    "smtp_host": ("smtp_user_name", "smtp_password", "smtp_from"),
    "sha_url": ("sha_client_id", "sha_client_secret", "sha_facility_id"),
    "slade_url": ("slade_client_id", "slade_client_secret", "slade_user_name", "slade_password"),
    "smart_url": ("smart_client_id", "smart_client_secret", "smart_user_name", "smart_password", "smart_provider_key"),
}


class Settings(BaseSettings):
    """Each field is an environment variable `NJIA_<FIELD>`; `docs/settings.md` lists them.

    `database_url` and `temporal_address` name servers that exist already; where they are empty `njia up`
    starts its own and the derived `database` and `temporal` say where those listen.
    """

    model_config = SettingsConfigDict(env_prefix="NJIA_", frozen=True, extra="ignore")

    environment: Literal["development", "production"] = "development"
    facility_code: str = "DEV"
    facility_name: str = "Njia Development Clinic"
    time_zone: str = "Africa/Nairobi"
    policy: Path | None = None

    host: str = "127.0.0.1"
    port: int = 8000
    data: Path = Path(".njia")
    temporal_port: int = 7233
    temporal_ui_port: int = 8233
    sandbox_port: int = 8090
    sandbox_seconds: float = 1.0
    sandbox_smtp_port: int = 0

    database_url: str = ""
    read_url: str = ""
    listen_url: str = ""
    temporal_address: str = ""
    temporal_namespace: str = "clinic"
    temporal_ui_url: str = ""
    public_url: str = ""
    task_queue: str = "visits"
    retention_days: int = 90
    workers: int = 1
    build: str = ""

    token_secret: SecretStr = SecretStr(DEVELOPMENT_SECRETS["token_secret"])
    command_secret: SecretStr = SecretStr(DEVELOPMENT_SECRETS["command_secret"])
    payload_keys: SecretStr = SecretStr(DEVELOPMENT_SECRETS["payload_keys"])
    demo_password: SecretStr = SecretStr(DEVELOPMENT_SECRETS["demo_password"])

    metrics_token: SecretStr = SecretStr("")
    token_minutes: int = 60
    sign_in_attempts: int = 5
    sign_in_attempts_per_address: int = 20
    sign_in_window_seconds: int = 300
    patience_seconds: float = 5.0
    trusted_proxies: str = "127.0.0.1"

    outside_seconds: float = 20.0
    mpesa_url: str = ""
    mpesa_consumer_key: str = ""
    mpesa_consumer_secret: SecretStr = SecretStr("")
    mpesa_short_code: str = "600100"
    mpesa_pass_key: SecretStr = SecretStr("")
    mpesa_till: str = ""
    mpesa_initiator: str = ""
    mpesa_security_credential: SecretStr = SecretStr("")
    mpesa_callback_url: str = ""
    mpesa_callback_networks: str = ""
    sms_url: str = ""
    sms_user_name: str = ""
    sms_api_key: SecretStr = SecretStr("")
    sms_sender: str = ""
    sms_callback_url: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user_name: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    sha_url: str = ""
    sha_client_id: str = ""
    sha_client_secret: SecretStr = SecretStr("")
    sha_facility_id: str = ""
    sha_callback_url: str = ""
    sha_callback_networks: str = ""
    slade_url: str = ""
    slade_accounts_url: str = ""
    slade_billing_url: str = ""
    slade_client_id: str = ""
    slade_client_secret: SecretStr = SecretStr("")
    slade_user_name: str = ""
    slade_password: SecretStr = SecretStr("")
    slade_location_code: str = ""
    smart_url: str = ""
    smart_client_id: str = ""
    smart_client_secret: SecretStr = SecretStr("")
    smart_user_name: str = ""
    smart_password: SecretStr = SecretStr("")
    smart_provider_key: SecretStr = SecretStr("")
    smart_provider_id: str = ""
    smart_location_code: str = ""
    claims_per_minute: float = 60.0
    claim_follow_seconds: float = 300.0

    @model_validator(mode="after")
    def refuse_development_secrets_elsewhere(self) -> Self:
        """A production process does not start with a secret that everybody can read."""
        if self.environment == "development":
            return self
        for name in ("token_secret", "command_secret", "payload_keys"):
            if getattr(self, name).get_secret_value() == DEVELOPMENT_SECRETS[name]:
                raise ValueError(f"NJIA_{name.upper()} still has its development value; set it in the environment")
        return self

    @model_validator(mode="after")
    def refuse_a_real_service_without_its_secrets(self) -> Self:
        """Outside development a service that is named needs everything that opens it."""
        if self.environment == "development":
            return self
        for address, names in SERVICE_SECRETS.items():
            for name in names if getattr(self, address) else ():
                value = getattr(self, name)
                if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                    raise ValueError(f"NJIA_{name.upper()} is empty, but NJIA_{address.upper()} names a real service")
        return self

    @model_validator(mode="after")
    def refuse_a_bad_policy(self) -> Self:
        """A slip of the pen in the policy is named when a process starts, not when a patient waits."""
        _ = self.policies
        return self

    @model_validator(mode="after")
    def refuse_a_bad_keyring(self) -> Self:
        _ = self.keyring
        return self

    @cached_property
    def policies(self) -> Policies:
        """How the facility wants its patients served, in every version."""
        if self.policy is None:
            return HOUSE
        try:
            found = read(self.policy)
        except OSError as missing:
            raise ValueError(f"NJIA_POLICY cannot be read: {missing.strerror}") from None
        except ValueError as wrong:
            raise ValueError(f"NJIA_POLICY is wrong. {said(wrong)}") from None
        if found.facility not in ("", self.facility_code):
            raise ValueError(f"NJIA_POLICY is the policy of {found.facility}, this is {self.facility_code}")
        return found

    @cached_property
    def keyring(self) -> dict[str, bytes]:
        """Payload keys by id, the current one first: `NJIA_PAYLOAD_KEYS="id:base64,older-id:base64"`, 32 bytes each."""
        keys: dict[str, bytes] = {}
        for entry in self.payload_keys.get_secret_value().split(","):
            name, _, encoded = entry.strip().partition(":")
            key = b64decode(encoded)
            if not name or len(key) != 32:
                raise ValueError("NJIA_PAYLOAD_KEYS wants `id:base64` entries of 32 bytes each")
            keys[name] = key
        return keys

    @property
    def embedded_database(self) -> bool:
        """Whether PostgreSQL is ours to start."""
        return not self.database_url

    @property
    def embedded_temporal(self) -> bool:
        """Whether the Temporal server is ours to start."""
        return not self.temporal_address

    @property
    def socket_folder(self) -> Path:
        """Where the embedded PostgreSQL listens: a short path, for a socket's name may have 107 bytes."""
        mark = hashlib.sha256(str(self.data.resolve()).encode()).hexdigest()[:12]
        return Path("/tmp") / f"njia-{mark}"

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database that is written to."""
        if self.database_url:
            return sqlalchemy_url(self.database_url)
        return f"postgresql+psycopg://njia@/njia?host={self.socket_folder}"

    @property
    def reading_database(self) -> str:
        """The address that the API reads from (a replica, or the same)."""
        return sqlalchemy_url(self.read_url) if self.read_url else self.database

    @property
    def listening_database(self) -> str:
        """A direct libpq address for LISTEN, which no transaction pooler may stand before."""
        return libpq_url(self.listen_url or self.database)

    @property
    def temporal(self) -> str:
        return self.temporal_address or f"127.0.0.1:{self.temporal_port}"

    @property
    def ui_url(self) -> str:
        return self.temporal_ui_url or f"http://127.0.0.1:{self.temporal_ui_port}"

    @property
    def workflows_url(self) -> str:
        """The list of workflows in the Temporal UI."""
        return f"{self.ui_url.rstrip('/')}/namespaces/{self.temporal_namespace}/workflows"

    @property
    def own_url(self) -> str:
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_mail_port(self) -> int:
        """Where the sandbox takes e-mail: beside its own port, so that moving the one moves both."""
        return self.sandbox_smtp_port or self.sandbox_port + 1

    @property
    def sandbox(self) -> str:
        """The base of everything that the sandbox answers for the outside services."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    def outside(self, service: str) -> str:
        """Where a service is: its own address, in development else the sandbox, and elsewhere nowhere (empty)."""
        url = str(getattr(self, f"{service}_url"))
        return url or (f"{self.sandbox}/{service}" if self.environment == "development" else "")

    def as_environment(self) -> dict[str, str]:
        """The environment for a child process that must see the same settings."""
        return {**os.environ, "NJIA_DATA": str(self.data.resolve())}


def said(wrong: ValueError) -> str:
    """Each mistake with its place; a policy holds no secrets."""
    if not isinstance(wrong, ValidationError):
        return str(wrong)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors(include_url=False))


def sqlalchemy_url(url: str) -> str:
    """Name the driver: `postgresql://…` and `postgres://…` become `postgresql+psycopg://…`."""
    return "postgresql+psycopg" + libpq_url(url).removeprefix("postgresql")


def libpq_url(url: str) -> str:
    """The same address as libpq and psycopg know it."""
    return "postgresql" + url[url.index("://") :]
