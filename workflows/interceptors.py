"""A bug in a handler fails one command; it does not stop the visit.

Left alone, an unexpected exception in an update handler fails the workflow task, and with it every later command of
the visit until a fixed worker is deployed; a failure raised in a signal handler closes the visit. `run()` is not
touched: there, waiting for the fix is right.
"""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import (
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)


class SafeHandlers(Interceptor):
    """Give it to every worker and replayer: `Worker(..., interceptors=[SafeHandlers()])`."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return SafeInbound


class SafeInbound(WorkflowInboundInterceptor):
    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        """Refusals and failed activities pass as they are; anything else becomes `UnexpectedHandlerError`."""
        try:
            return await super().handle_update_handler(input)
        except (FailureError, workflow.NondeterminismError):
            raise
        except Exception as bug:
            report("update", input.update, bug)
            raise ApplicationError(type(bug).__name__, type="UnexpectedHandlerError", non_retryable=True) from bug

    async def handle_signal(self, input: HandleSignalInput) -> None:
        """Nothing but nondeterminism and cancellation leaves: a failure raised here would close the visit."""
        try:
            await super().handle_signal(input)
        except workflow.NondeterminismError:
            raise
        except Exception as bug:
            report("signal", input.signal, bug)


def report(message: str, name: str, bug: Exception) -> None:
    """Log which handler failed, how and where. Never what the exception says: it may quote a patient's data."""
    workflow.logger.error("The %s handler %s failed: %s at %s", message, name, type(bug).__name__, place(bug))


def place(bug: Exception) -> str:
    """The innermost line of code that the exception came from, `function:line`."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else "nowhere"
