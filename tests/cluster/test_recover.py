"""Two of three servers are gone for good; the third is made a cluster of its own, and grows again."""

import os
import shutil
import unittest

from harness import ClusterTest, HttpError, wait_until

YES = "-yes-i-know-that-this-can-lose-writes"


class Recover(ClusterTest):
    def lose_two(self):
        cluster = self.cluster(3)
        for i in range(50):
            self.assertTrue(cluster[i % 3].put(f"k{i}", b"%d" % i))
        cluster.wait_until_caught_up()
        survivor = cluster[2]
        for lost in cluster.servers[:2]:
            lost.kill()
            shutil.rmtree(lost.data)
        return cluster, survivor

    def test_the_last_server_goes_on_alone_and_grows_again(self):
        cluster, survivor = self.lose_two()
        wait_until("it to notice", lambda: not survivor.api.leader())
        with self.assertRaises((OSError, HttpError)):
            survivor.put("without-quorum", b"x")
        # Not under a running server, and not by mistake.
        self.assertEqual(self.konsul("recover", f"-data-dir={survivor.data}", YES).returncode, 1)
        survivor.stop()
        looked = self.konsul("recover", f"-data-dir={survivor.data}")
        self.assertEqual(looked.returncode, 1)
        self.assertIn("term", looked.stdout + looked.stderr)

        done = self.konsul("recover", f"-data-dir={survivor.data}", YES)
        self.assertEqual(done.returncode, 0, done)
        survivor.start()
        wait_until("it to lead", lambda: survivor.api.leader() == survivor.rpc_address())
        self.assertEqual([p["Node"] for p in survivor.api.configuration()], [survivor.name])
        for i in range(50):
            self.assertEqual(survivor.get(f"k{i}", "?consistent"), b"%d" % i)
        self.assertTrue(survivor.put("alone", b"1"))

        cluster.servers = [survivor]
        for number in (4, 5):
            self.add_server(cluster, number).start()
        cluster.wait_for_voters(cluster.servers)
        cluster.wait_until_caught_up()
        for server in cluster:
            self.assertEqual(server.get("k49", "?stale"), b"49")
            self.assertEqual(server.get("alone", "?stale"), b"1")
        survivor.kill()
        self.assertTrue(cluster.wait_for_leader().put("after", b"2"))

    def test_what_makes_no_sense_is_refused(self):
        nothing = self.konsul("recover", f"-data-dir={self.directory}/nowhere", YES)
        self.assertEqual(nothing.returncode, 1, nothing)
        self.assertIn("no server's data directory", nothing.stderr)
        self.assertFalse(os.path.exists(f"{self.directory}/nowhere"))
        for args in ([], ["-data-dir=x", "-voter=n1"], ["-data-dir=x", "more"], ["-unknown"]):
            wrong = self.konsul("recover", *args)
            self.assertEqual(wrong.returncode, 2, wrong)
        self.assertIn("lost FOR GOOD", self.konsul("recover", "-h").stdout)

        server = self.single()
        self.assertTrue(server.put("k", b"v"))
        server.kill()
        stranger = self.konsul("recover", f"-data-dir={server.data}", "-voter=00000000000000ff", YES)
        self.assertEqual(stranger.returncode, 2, stranger)
        self.assertIn("give its address", stranger.stderr)
        self.start_single(server)
        self.assertEqual(server.get("k"), b"v")


if __name__ == "__main__":
    unittest.main(verbosity=2)
