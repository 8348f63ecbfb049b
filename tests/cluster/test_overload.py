"""More than a leader can hold: it says 429, and when; it does not grow until it dies."""

import collections
import http.client
import signal
import threading
import unittest

from harness import Api, ClusterTest, wait_until

VALUE = b"x" * (500 * 1024)
WRITERS = 400  # 200 MiB, three times what a leader holds uncommitted


class Overload(ClusterTest):
    def setUp(self):
        super().setUp()
        # Ten times slower to give up than by default: this is about what happens until then.
        self.servers = self.cluster(3, ["-raft-multiplier=10"])
        self.leader = self.servers.wait_for_leader()
        self.replies = []

    def write(self, number):
        api = Api(self.leader.host, timeout=30)
        try:
            reply = api.request("PUT", f"/v1/kv/overload/{number}", VALUE)
            self.replies.append((number, reply))
        except (OSError, http.client.HTTPException):
            pass
        finally:
            api.close()

    def resident_mib(self):
        with open(f"/proc/{self.leader.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096 / 1048576

    def test_writes_that_nobody_can_commit(self):
        followers = [s for s in self.servers if s is not self.leader]
        for follower in followers:
            follower.signal(signal.SIGSTOP)
        threads = [threading.Thread(target=self.write, args=(i,)) for i in range(WRITERS)]
        for thread in threads:
            thread.start()
        wait_until("an answer", lambda: self.replies)
        largest = self.resident_mib()
        for follower in followers:
            follower.signal(signal.SIGCONT)
        for thread in threads:
            thread.join()

        busy = [reply for _, reply in self.replies if reply.status == 429]
        self.assertTrue(busy, collections.Counter(reply.status for _, reply in self.replies))
        for reply in busy:
            self.assertGreaterEqual(int(reply.headers["Retry-After"]), 1)
            self.assertTrue(reply.body)
        self.assertLess(largest, 1024)
        # It recovers by itself; what was refused was certainly not done, the rest is whole.
        self.servers.wait_until_caught_up()
        refused = {number for number, reply in self.replies if reply.status == 429}
        accepted = {number for number, reply in self.replies if reply.status == 200}
        found = {int(key.rsplit("/", 1)[1]) for key in self.leader.api.request(
            "GET", "/v1/kv/overload/?keys").json() or []} if accepted else set()
        self.assertFalse(found & refused)
        self.assertLessEqual(accepted, found)
        rejected = sum(s.api.metrics()["konsul_raft_rejected_proposals_total"] for s in self.servers)
        self.assertGreaterEqual(rejected, len(busy))


if __name__ == "__main__":
    unittest.main(verbosity=2)
