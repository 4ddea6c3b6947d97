"""What a program may not ask the kernel for, as a seccomp filter: processes and threads, sockets, namespaces, keys,
memory that no limit counts, and whatever is asked in the manner of another architecture.

A limit on processes would not do: the kernel holds nobody to it who is root outside the sandbox.
"""

import errno
import platform
import struct

from tasks.core.errors import RecipeError

FORBIDDEN = {
    "x86_64": {
        "clone": 56,
        "fork": 57,
        "vfork": 58,
        "socket": 41,
        "ptrace": 101,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "unshare": 272,
        "setns": 308,
        "memfd_create": 319,
        "bpf": 321,
        "userfaultfd": 323,
        "io_uring_setup": 425,
        "memfd_secret": 447,
    },
    "aarch64": {
        "clone": 220,
        "socket": 198,
        "ptrace": 117,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "unshare": 97,
        "setns": 268,
        "memfd_create": 279,
        "bpf": 280,
        "userfaultfd": 282,
        "io_uring_setup": 425,
        "memfd_secret": 447,
    },
}
"""Machine -> call -> its number there."""
CLONE3 = 435
"""Its number everywhere; its flags lie where no filter sees them, so that it does not exist, and nobody misses it."""
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x4000_0000
"""Calls from here on are those of x86-64 with short addresses, under numbers of their own."""
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE = 0, 4
"""Where they lie in what a filter is given."""
ALLOW, REFUSE, KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000


def seccomp_filter() -> bytes:
    """Give the filter as the kernel takes it: `struct sock_filter`, one instruction behind the other.

    Raises:
        RecipeError: the machine is of a kind whose calls are not known here.
    """
    machine = platform.machine()
    if machine not in FORBIDDEN:
        raise RecipeError(
            f"evaluate.run_code: what programs may do on a {machine} is not known; programs are run on "
            f"{' and '.join(FORBIDDEN)} alone. Take it out, and let `cuvee eval --run-code` measure the model there"
        )
    refused = struct.pack("HBBI", RETURN, 0, 0, REFUSE | errno.EPERM)
    steps = [
        struct.pack("HBBI", LOAD, 0, 0, ARCHITECTURE),
        struct.pack("HBBI", EQUAL, 1, 0, ARCHITECTURES[machine]),
        struct.pack("HBBI", RETURN, 0, 0, KILL),
        struct.pack("HBBI", LOAD, 0, 0, NUMBER),
        struct.pack("HBBI", AT_LEAST, 0, 1, X32),
        refused,
        struct.pack("HBBI", EQUAL, 0, 1, CLONE3),
        struct.pack("HBBI", RETURN, 0, 0, REFUSE | errno.ENOSYS),
    ]
    for number in FORBIDDEN[machine].values():
        steps += [struct.pack("HBBI", EQUAL, 0, 1, number), refused]
    return b"".join([*steps, struct.pack("HBBI", RETURN, 0, 0, ALLOW)])
