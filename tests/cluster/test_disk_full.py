"""A full disk: the server stops acknowledging and says so; with room again, all acknowledged is there."""

import http.client
import os
import subprocess
import unittest

from harness import ClusterTest, HttpError, wait_until


@unittest.skipUnless(os.getuid() == 0, "only root can mount a small file system")
class DiskFull(ClusterTest):
    def setUp(self):
        super().setUp()
        self.mount_point = os.path.join(self.directory, "small")
        os.makedirs(self.mount_point)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "konsul-test",
                                  self.mount_point], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("this machine does not let us mount")
        # Registered last, so it runs before the directory is removed; servers are killed first.
        self.addCleanup(subprocess.run, ["umount", "-l", self.mount_point])

    def small_server(self):
        server = self.single(start=False)
        server.data = os.path.join(self.mount_point, "data")
        server.args = [a for a in server.args if not a.startswith("-data-dir")]
        server.args.append(f"-data-dir={server.data}")
        self.start_single(server)
        return server

    def write_until_refused(self, server, key_of):
        """Returns what was acknowledged and what was not."""
        acknowledged = {}
        for i in range(2000):
            key, value = key_of(i), os.urandom(128 * 1024) + str(i).encode()
            try:
                self.assertTrue(server.put(key, value))
                acknowledged[key] = value
            except (OSError, http.client.HTTPException, HttpError):
                return acknowledged, (key, value)
        self.fail("160 MiB were never full")

    def check(self, key_of):
        server = self.small_server()
        acknowledged, unknown = self.write_until_refused(server, key_of)
        wait_until("the log to say so", lambda: "o space left" in server.log())
        # The process ended, or it refuses; it does not acknowledge.
        for _ in range(20):
            with self.assertRaises((OSError, http.client.HTTPException, HttpError)):
                server.put("after", b"x")
        if server.alive():
            server.kill()

        subprocess.run(["mount", "-o", "remount,size=900m", self.mount_point], check=True)
        self.start_single(server)
        found = server.api.tree("k")
        for key, value in acknowledged.items():
            self.assertTrue(found.get(key) == value or (key, found.get(key)) == unknown, key)
        self.assertTrue(server.put("after", b"x"))
        server.kill()

    def test_filled_by_the_log(self):
        self.check(lambda i: "k")

    def test_filled_by_the_tables(self):
        self.check(lambda i: f"k{i}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
