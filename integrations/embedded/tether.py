"""Become a part whose life is tied to its parent's.

Run by a fresh interpreter as `tether.py PARENT SIGNAL UID GID COMMAND...`: the kernel sends SIGNAL when the process
PARENT ends, however it ends, so that nothing lingers after `njia up` was killed. UID and GID are `-` to stay who we
are. Forgetting root clears the death signal, therefore the order below. This is a program of its own because Python
code between fork and exec is unsafe once a process has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def tether(parent: int, signal: int, uid: str, gid: str, command: list[str]) -> None:
    """Forget privileges, tie the knot, and become `command`; returns only by an exception."""
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the parent ended before its part began")
    os.execvp(command[0], command)


if __name__ == "__main__":
    tether(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
