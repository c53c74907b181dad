"""`python -m gateways.embedded --dir DIR`: the MCP endpoint of one session, a program of its own."""

import sys

from gateways.embedded.program import run


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] != "--dir":
        sys.stderr.write("usage: python -m gateways.embedded --dir DIR\n")
        return 64
    return run(arguments[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
