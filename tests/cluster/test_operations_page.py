"""docs/operations.md, typed: each command of its sh blocks in order, and each does what it should.

A command that fails is repeated for a while, as a person does who waits for a server to be ready.
`# exit code N` behind a command says that it has to end with that. The page's addresses are
replaced by ones of our own.
"""

import glob
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BIN, fresh_subnet, wait_until

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/operations.md")
PATIENCE = 20.0


def commands():
    """[(line, exit code)] of the page, in order."""
    with open(PAGE, encoding="utf-8") as file:
        blocks = re.findall(r"^```sh\n(.*?)^```", file.read(), re.DOTALL | re.MULTILINE)
    for line in "".join(blocks).splitlines():
        command, _, code = line.partition(" # exit code ")
        yield command, int(code or 0)


def exists(pid):
    """Also while it is ending, and one of its threads, which have its ports, waits for the disk."""
    for stat in glob.glob(f"/proc/{pid}/task/*/stat"):
        try:
            with open(stat, encoding="utf-8") as file:
                if file.read().rpartition(")")[2].split()[0] != "Z":
                    return True
        except OSError:
            pass
    return False


class OperationsPage(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="konsul-page-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.addCleanup(self.end_servers)
        self.subnet = fresh_subnet()
        self.exports = []

    def end_servers(self):
        for name in os.listdir(self.directory):
            # What a killed server leaves behind may name anybody by now.
            if name.endswith(".pid") and self.is_ours(self.pid_of(name)):
                os.kill(self.pid_of(name), signal.SIGKILL)

    def pid_of(self, name):
        with open(os.path.join(self.directory, name), encoding="ascii") as file:
            return int(file.read())

    def is_ours(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                return f"-bind={self.subnet}." in file.read()
        except OSError:
            return False

    def run_once(self, command):
        script = "\n".join(["set -o pipefail"] + self.exports + [command])
        environment = dict(os.environ, PATH=BIN + ":" + os.environ["PATH"])
        return subprocess.run(["bash", "-c", script.replace("127.0.0.", self.subnet + ".")],
                              cwd=self.directory, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60)

    def logs(self):
        """The ends of the servers' logs."""
        ends = []
        for name in sorted(os.listdir(self.directory)):
            if name.endswith(".log"):
                with open(os.path.join(self.directory, name), encoding="utf-8") as file:
                    ends.append(f"--- {name}\n" + "".join(file.readlines()[-8:]))
        return "\n".join(ends)

    def test_each_command_does_what_it_should(self):
        count = 0
        for command, code in commands():
            if command.startswith("export "):
                self.exports.append(command)
                continue
            if command.startswith("konsul agent"):
                # It must not hold our pipe open.
                command = command.replace(" &", " >/dev/null &")
            end = time.monotonic() + PATIENCE
            ending = [self.pid_of(name) for name in re.findall(r"cat (\S+\.pid)", command)]
            done = self.run_once(command)
            while done.returncode != code and time.monotonic() < end:
                time.sleep(0.2)
                done = self.run_once(command)
            self.assertEqual(done.returncode, code, f"{command}\n{done.stdout}\n{self.logs()}")
            # Nobody types so fast that a server has no time to end.
            wait_until("servers to end", lambda: not [p for p in ending if exists(p)])
            count += 1
        self.assertGreater(count, 40, "the page has lost its commands")
        # In the end, what was written in the beginning is there, by way of all that happened.
        last = self.run_once("konsulctl kv get greeting")
        self.assertEqual(last.stdout, "hello\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
