"""A quorum that is lost for good, and the way out: konsul recover."""

import re
import shutil
import unittest

from harness import ClusterTest, wait_until

CONFIRMATION = "-yes-i-know-that-this-can-lose-writes"


class Recover(ClusterTest):
    def recover(self, server, *args):
        return self.konsul("recover", f"-data-dir={server.data}", *args)

    def lose_two_of_three(self):
        """Three servers with data; one is left, stopped."""
        cluster = self.cluster(3)
        for i in range(20):
            self.assertTrue(cluster[0].put(f"k{i}", b"v%d" % i))
        survivor = cluster[2]
        # So that what the survivor has is not a matter of luck.
        wait_until("the survivor to have everything",
                   lambda: survivor.get("k19", "?stale") == b"v19")
        for server in cluster:
            server.kill()
        for server in cluster.servers[:2]:
            shutil.rmtree(server.data)
        return cluster, survivor

    def test_the_last_one_goes_on_alone(self):
        cluster, survivor = self.lose_two_of_three()
        # It waits for the others, as it must.
        survivor.start()
        self.assertIsNone(survivor.api.leader() if survivor.alive() else None)
        in_use = self.recover(survivor, CONFIRMATION)
        self.assertEqual(in_use.returncode, 1, in_use)
        survivor.kill()

        # Without the confirmation it shows what it would do, and changes nothing.
        for _ in range(2):
            shown = self.recover(survivor)
            self.assertEqual(shown.returncode, 1, shown)
            self.assertIn("nothing was changed", shown.stderr)
            for server in cluster:
                self.assertIn(server.rpc_address(), shown.stdout)
        index = int(re.search(r"last entry: term \d+, index (\d+)", shown.stdout).group(1))
        self.assertGreaterEqual(index, 21)
        self.assertIn(f"members from entry {index + 1} ", shown.stdout)

        done = self.recover(survivor, CONFIRMATION)
        self.assertEqual(done.returncode, 0, done)
        self.start_single(survivor)
        for i in range(20):
            self.assertEqual(survivor.get(f"k{i}", "?consistent"), b"v%d" % i)
        self.assertTrue(survivor.put("after", b"1"))
        # And it is durable: also the next time it starts.
        survivor.kill()
        self.start_single(survivor)
        self.assertEqual(survivor.get("after", "?consistent"), b"1")
        self.assertEqual(survivor.get("k0", "?consistent"), b"v0")

    def test_what_makes_no_sense_is_refused(self):
        nothing = self.konsul("recover", f"-data-dir={self.directory}/nowhere", CONFIRMATION)
        self.assertEqual(nothing.returncode, 1, nothing)
        self.assertIn("no server's data directory", nothing.stderr)
        for args in ([], ["-data-dir=x", "-voter=n1"], ["-data-dir=x", "more"], ["-unknown"]):
            wrong = self.konsul("recover", *args)
            self.assertEqual(wrong.returncode, 2, wrong)
        help_text = self.konsul("recover", "-h")
        self.assertEqual(help_text.returncode, 0)
        self.assertIn("lost FOR GOOD", help_text.stdout)

        server = self.single()
        self.assertTrue(server.put("k", b"v"))
        server.kill()
        stranger = self.recover(server, "-voter=00000000000000ff", CONFIRMATION)
        self.assertEqual(stranger.returncode, 2, stranger)
        self.assertIn("give its address", stranger.stderr)


if __name__ == "__main__":
    unittest.main()
