"""kill -9 under load: nothing that was acknowledged is ever lost."""

import http.client
import random
import threading
import time
import unittest

from harness import Api, ClusterTest, HttpError

WRITERS = 6


class Writer(threading.Thread):
    """Writes keys of its own, one after the other, through whichever server answers."""

    def __init__(self, number, hosts, stop):
        super().__init__()
        self.number, self.hosts, self.stop = number, hosts, stop
        self.acknowledged = {}
        # Sent, but the answer did not come: may be applied, now or after a later write.
        self.unknown = {}
        self.refused = 0

    def run(self):
        chooser = random.Random(self.number)
        apis = [Api(host, timeout=5.0) for host in self.hosts]
        api, step = chooser.choice(apis), 0
        while not self.stop.is_set():
            # A few keys that are overwritten again and again, and many that are written once.
            key = f"w{self.number}/{'hot' if step % 4 == 0 else step}"
            value = f"{self.number}:{step}".encode()
            step += 1
            try:
                if api.put(key, value):
                    self.acknowledged[key] = value
            except (OSError, http.client.HTTPException, HttpError):
                self.refused += 1
                self.unknown.setdefault(key, set()).add(value)
                api = chooser.choice(apis)
                time.sleep(0.01)
        for api in apis:
            api.close()


class Kill(ClusterTest):
    def check(self, server, writers):
        """Compares what a server has with what the writers were told. Returns the count."""
        lost = []
        for writer in writers:
            found = server.api.tree(f"w{writer.number}/", "&consistent")
            for key, value in writer.acknowledged.items():
                if found.get(key) != value and found.get(key) not in writer.unknown.get(key, ()):
                    lost.append((key, value, found.get(key)))
        self.assertEqual(lost[:5], [], f"{len(lost)} acknowledged writes are lost on {server.name}")
        return sum(len(w.acknowledged) for w in writers)

    def run_with_kills(self, cluster, choose, kills):
        stop = threading.Event()
        writers = [Writer(i, [s.host for s in cluster], stop) for i in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            for round_number in range(kills):
                time.sleep(0.4)
                victims = choose(round_number, cluster.wait_for_leader())
                for victim in victims:
                    victim.kill()
                time.sleep(0.2)
                for victim in victims:
                    victim.start()
        finally:
            time.sleep(0.4)
            stop.set()
            for writer in writers:
                writer.join()
        cluster.wait_for_leader()
        return writers

    def test_leaders_and_followers_in_turn(self):
        cluster = self.cluster(3)

        def choose(round_number, leader):
            followers = [s for s in cluster if s is not leader]
            return [leader] if round_number % 2 == 0 else [followers[round_number % 2]]

        writers = self.run_with_kills(cluster, choose, 12)
        for server in cluster:
            count = self.check(server, writers)
        self.assertGreater(count, 200, "too few writes for the test to mean anything")

    def test_all_at_once(self):
        cluster = self.cluster(3)
        writers = self.run_with_kills(cluster, lambda _, leader: list(cluster), 5)
        for server in cluster:
            count = self.check(server, writers)
        self.assertGreater(count, 50)

    def test_a_single_server_that_has_no_one_to_copy_from(self):
        cluster = self.cluster(1)
        writers = self.run_with_kills(cluster, lambda _, leader: [leader], 8)
        self.assertGreater(self.check(cluster[0], writers), 50)


if __name__ == "__main__":
    unittest.main(verbosity=2)
