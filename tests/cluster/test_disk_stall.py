"""The leader's log cannot be synced for a while: it must make room for another instead of going on.

The log's directory is a file system of its own in a file, and that is frozen: writes and syncs hang,
without an error, until it is thawed. Everything else of the server goes on, heartbeats too.
"""

import os
import subprocess
import threading
import unittest

from harness import ClusterTest, quietly, wait_until
from load import Load


@unittest.skipUnless(os.getuid() == 0, "only root can mount and freeze a file system")
class DiskStall(ClusterTest):
    def mount(self, server):
        """Makes the server's log directory a file system that can be frozen."""
        image = os.path.join(self.directory, f"{server.name}.img")
        self.log_directory = os.path.join(server.data, "wal")
        os.makedirs(self.log_directory)
        with open(image, "wb") as file:
            file.truncate(512 << 20)
        for command in (["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image,
                                                     self.log_directory]):
            try:
                done = subprocess.run(command, capture_output=True, text=True)
            except FileNotFoundError as error:
                self.skipTest(f"this machine cannot make one: {error}")
            if done.returncode != 0:
                self.skipTest(f"this machine does not let us: {' '.join(command)}: {done.stderr}")
        # Registered last, so done first: a frozen file system would hold the server's process.
        self.addCleanup(subprocess.run, ["umount", "-l", self.log_directory])
        self.addCleanup(self.thaw)

    def freeze(self):
        subprocess.run(["fsfreeze", "-f", self.log_directory], check=True)
        # Thawed even if this test is stuck.
        self.watchdog = threading.Timer(60, self.thaw)
        self.watchdog.daemon = True
        self.watchdog.start()

    def thaw(self):
        subprocess.run(["fsfreeze", "-u", self.log_directory], capture_output=True)

    def test_another_server_leads_while_the_leaders_disk_hangs(self):
        cluster = self.cluster(3, start=False)
        victim = cluster[0]
        self.mount(victim)
        cluster.start()
        cluster.wait_for_voters(cluster.servers)
        if cluster.wait_for_leader() is not victim:
            done = victim.ctl("operator", "raft", "transfer-leader",
                              f"-id={cluster.ids()[victim.name]}")
            self.assertEqual(done.returncode, 0, done)
            wait_until("it to lead", lambda: victim.api.leader() == victim.rpc_address())
        rest = cluster.servers[1:]
        self.assertTrue(rest[0].put("before", b"1"))

        load = Load(self, rest, clients=8, pace_ms=5)
        self.freeze()
        wait_until("another leader", lambda: all(
            s.api.leader() in [r.rpc_address() for r in rest] for s in rest), timeout=10)
        wait_until("writes to be taken again", lambda: quietly(lambda: rest[1].put("during", b"2")))
        # Frozen as before, and it knows that it does not lead.
        self.assertTrue(victim.alive(), victim.log())
        self.assertNotEqual(victim.api.leader(), victim.rpc_address())

        self.thaw()
        self.watchdog.cancel()
        cluster.wait_until_caught_up()
        load.stop()
        for server in cluster:
            load.verify(server)
            self.assertEqual(server.get("before"), b"1")
            self.assertEqual(server.get("during"), b"2")


if __name__ == "__main__":
    unittest.main(verbosity=2)
