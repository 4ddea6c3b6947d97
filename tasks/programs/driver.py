"""What runs inside the sandbox: one program, then its tests, one after the other. Started as a text of its own.

That every test held is said by a word that came with the program, once the last test is through: neither what a
program prints nor how it ends says it. The word lies in this process, so that a program which searches the
interpreter's own frames for it could find it; it is in none of the places where programs look.
"""

import json
import os
import resource
import sys
import types

MOST_CHARS = 400
"""Of what is said of an error."""


def main() -> None:
    """Read what is to be run, give up what a program could misuse, run it, and say how it went."""
    told = json.loads(sys.stdin.buffer.read())
    # What the program prints goes nowhere; the verdict has a way of its own.
    verdict, nowhere = os.dup(1), os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.write(verdict, b"started\n")
    for name, most in told["limits"].items():
        resource.setrlimit(getattr(resource, name), tuple(most))
    # A program can put others in the place of what it finds in modules; these are those of before.
    write, leave, run, compiled, listed = os.write, os._exit, exec, compile, tuple(told["tests"])
    word, module = told["word"].encode(), types.ModuleType("program")
    sys.modules["program"] = module
    try:
        run(compiled(told["program"], "program", "exec"), module.__dict__)
        for number, test in enumerate(listed, 1):
            run(compiled(test, f"test {number}", "exec"), module.__dict__)
    except BaseException as error:  # noqa: BLE001 (whatever a program does is its own)
        word = said(error)
    write(verdict, word)
    leave(0)


def said(error: BaseException) -> bytes:
    """Say what an error is, whatever it says of itself."""
    kind = type(error).__name__
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001
        text = ""
    return f"{kind}: {text}"[:MOST_CHARS].encode("utf-8", "replace")


if __name__ == "__main__":
    main()
