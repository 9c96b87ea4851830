"""The sandbox that workflows run in, without what our payloads have no use for."""

from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED = ("models", "activities", "integrations", "phonenumbers", "sqlalchemy", "psycopg", "psycopg_pool", "alembic")
"""Our own modules and the database's are deterministic, or used by activities only: importing them once is enough."""


class WithoutContext(WorkflowInstance):
    """Spares the question, asked in the sandbox for each payload of each step, for whom the payload is.

    Our converter and codec treat every payload alike; asking cost a quarter of the worker's time.
    """

    def __init__(self, inner: WorkflowInstance) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def activate(self, act: Any) -> Any:
        return self.inner.activate(act)

    def get_info(self) -> Any:
        return self.inner.get_info()

    def get_serialization_context(self, command_info: Any) -> None:
        return None

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def get_thread_id(self) -> int | None:
        return self.inner.get_thread_id()


class ClinicRunner(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return WithoutContext(super().create_instance(det))


RUNNER = ClinicRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED))
