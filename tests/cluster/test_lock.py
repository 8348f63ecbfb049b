"""konsulctl's kv and lock with real processes: who holds a lock dies, and who gets it, when."""

import os
import subprocess
import time
import unittest

from harness import BIN, ClusterTest, wait_until


class Lock(ClusterTest):
    def setUp(self):
        super().setUp()
        self.servers = self.cluster(3)
        # The leader registers the servers; no session can be made on one that it has not.
        wait_until("all servers to be registered", lambda: len(
            self.servers[0].api.request("GET", "/v1/catalog/nodes").json()) == 3)
        self.running = []
        self.addCleanup(self.end_running)

    def end_running(self):
        for process in self.running:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()

    def start(self, server, *args):
        """konsulctl, left running."""
        environment = {**os.environ, "KONSUL_HTTP_ADDR": server.http_address(), "SHELL": "/bin/sh"}
        process = subprocess.Popen([os.path.join(BIN, "konsulctl"), *args], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.running.append(process)
        return process

    def ctl(self, server, *args, stdin=None):
        environment = {**os.environ, "KONSUL_HTTP_ADDR": server.http_address(), "SHELL": "/bin/sh"}
        return subprocess.run([os.path.join(BIN, "konsulctl"), *args], env=environment, text=True,
                              input=stdin, capture_output=True, timeout=60)

    def holder(self, process, name):
        """Waits until the command of `process` runs; its KONSUL_LOCK_INDEX and its own pid."""
        path = os.path.join(self.directory, name)

        def written():
            if process.poll() is not None:
                self.fail(f"it ended with {process.returncode}: {process.stderr.read()}")
            return words(path)
        index, pid = wait_until(f"{name} to hold the lock", written, timeout=40)
        return int(index), int(pid)

    def work(self, name):
        """A command that says that it holds the lock, and goes on."""
        path = os.path.join(self.directory, name)
        return f"echo $KONSUL_LOCK_INDEX $$ > {path}.new; mv {path}.new {path}; exec sleep 1000"

    def test_the_lock_of_a_killed_holder_goes_to_the_next_after_the_delay(self):
        flags = ["-session-ttl=10s", "-lock-delay=2s"]
        first = self.start(self.servers[0], "lock", *flags, "l", self.work("first"))
        index, pid = self.holder(first, "first")
        second = self.start(self.servers[1], "lock", *flags, "l", self.work("second"))
        wait_until("the second session", lambda: self.ctl(
            self.servers[2], "session", "list").stdout.count("konsulctl lock l") == 2)
        self.assertEqual(self.ctl(self.servers[2], "lock", "-timeout=1s", "l", "true").returncode, 75)
        self.assertFalse(os.path.exists(os.path.join(self.directory, "second")))

        first.kill()
        killed = time.monotonic()
        first.wait()
        wait_until("the command to die with its holder", lambda: not alive(pid), timeout=5)
        next_index, second_pid = self.holder(second, "second")
        waited = time.monotonic() - killed
        # The last renewal was up to a third of the TTL earlier.
        self.assertGreater(waited, 10 * 2 / 3 + 2 - 0.5)
        self.assertGreater(next_index, index)

        # The lock is taken away by an operator.
        session = self.ctl(self.servers[0], "kv", "get", "-detailed", "l/.lock").stdout
        session = next(l.split()[1] for l in session.splitlines() if l.startswith("Session"))
        self.assertEqual(self.ctl(self.servers[0], "session", "destroy", session).returncode, 0)
        self.assertEqual(second.wait(10), 76)
        self.assertIn("Lock lost", second.stderr.read())
        self.assertFalse(alive(second_pid))

    def test_it_is_given_back_at_once_and_survives_the_loss_of_a_leader(self):
        leader = self.servers.wait_for_leader()
        other = next(s for s in self.servers if s is not leader)
        first = self.start(other, "lock", "l", self.work("first"))
        index, pid = self.holder(first, "first")
        leader.kill()
        self.servers.wait_for_leader()
        wait_until("a write", lambda: self.ctl(other, "kv", "put", "k", "v").returncode == 0)
        self.assertTrue(alive(pid))
        self.assertIsNone(first.poll())
        first.terminate()
        self.assertEqual(first.wait(10), 128 + 15)
        self.assertFalse(alive(pid))
        begin = time.monotonic()
        result = self.ctl(other, "lock", "l", "echo $KONSUL_LOCK_INDEX; exit 7")
        self.assertEqual(result.returncode, 7, result)
        self.assertGreater(int(result.stdout), index)
        self.assertLess(time.monotonic() - begin, 5, "no lock delay after it was given back")

    def test_kv_goes_out_and_in_again(self):
        server, other = self.servers[0], self.servers[1]
        values = {"e/a": b"1", "e/ü b": bytes(range(256)), "e/empty": b""}
        for key, value in values.items():
            self.assertTrue(server.put(key, value, "?flags=18446744073709551615"))
        exported = self.ctl(server, "kv", "export", "e/")
        self.assertEqual(exported.returncode, 0, exported)
        self.assertEqual(self.ctl(other, "kv", "delete", "-recurse", "e/").returncode, 0)
        imported = self.ctl(other, "kv", "import", "-", stdin=exported.stdout)
        self.assertEqual(imported.returncode, 0, imported)
        self.assertEqual(server.api.tree("e/"), values)
        self.assertEqual(self.ctl(other, "kv", "export", "e/").stdout, exported.stdout)

    def test_a_watch_tells_changes_over_the_loss_of_its_server(self):
        log = os.path.join(self.directory, "seen")
        server, other = self.servers[0], self.servers[1]
        self.assertTrue(other.put("w", b"1"))
        watch = self.start(server, "watch", "-type=key", "-key=w", f"cat >> {log}")

        def seen(count):
            return len(words(log)) == count
        wait_until("the first state", lambda: seen(1))
        self.assertTrue(other.put("w", b"2"))
        wait_until("the change", lambda: seen(2))
        server.kill()
        self.servers.wait_for_leader()
        wait_until("a write", lambda: self.ctl(other, "kv", "put", "w", "3").returncode == 0)
        server.start()
        wait_until("the change that came meanwhile", lambda: seen(3), timeout=40)
        watch.terminate()
        self.assertEqual(watch.wait(10), 0)


def words(path):
    """Of a file that may not be there yet."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def alive(pid):
    """Whether a process runs that is not its parent's to bury."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main(verbosity=2)
