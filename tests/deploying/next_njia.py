"""The clinic's command line with a later version of the visit's workflow.

python -m tests.deploying.next_njia patched worker
"""

import sys

from njia import app
from tests.deploying.next_visit import VERSIONS
from workers.clinic import WORKFLOWS
from workflows.visit import VisitWorkflow

if __name__ == "__main__":
    version, *command = sys.argv[1:]
    WORKFLOWS[WORKFLOWS.index(VisitWorkflow)] = VERSIONS[version]
    app(command)
