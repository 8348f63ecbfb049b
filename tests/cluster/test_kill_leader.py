"""kill -9 of the leader, again and again, under load; each acknowledged write is read back.

In every other round the followers are killed a moment before the leader, and started again without
it: what the leader acknowledged meanwhile would be on its disk alone, and is missed.
"""

import time
import unittest

from harness import ClusterTest
from load import Load

KILLS = 10


class KillLeader(ClusterTest):
    def test_each_acknowledged_write_is_there(self):
        cluster = self.cluster(3)
        load = Load(self, cluster.servers, clients=64, pace_ms=5)
        lost = []
        for round_number in range(KILLS):
            time.sleep(0.3)
            leader = cluster.wait_for_leader()
            followers = [s for s in cluster if s is not leader] if round_number % 2 else []
            for follower in followers:
                follower.kill()
            if followers:
                time.sleep(0.05)  # the leader has not given up yet
            leader.kill()
            for follower in followers:
                follower.start()
            lost.append(leader.name)
            cluster.wait_for_leader()
            cluster.wait_until_caught_up()
            leader.start()
            cluster.wait_until_caught_up()
        report = load.stop()
        self.assertGreater(len(set(lost)), 1, "always the same server led")
        self.assertGreater(report["acknowledged"], 2000)
        cluster.wait_until_caught_up()
        for server in cluster:
            load.verify(server)


if __name__ == "__main__":
    unittest.main(verbosity=2)
