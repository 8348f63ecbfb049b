"""Ten workers, one lock, servers killed in turn: no two hold it, and how long nobody can act.

Each worker does what docs/guides/leader-election.md says. What the lock protects is an object of
this test, which refuses whoever comes with a lower LockIndex than it has seen (fencing). After each
server, the holder is stopped in the middle of its work and its session ended: another one follows,
and when the first goes on, it has to be refused.
"""

import http.client
import json
import threading
import time
import unittest

from harness import HTTP_PORT, Api, ClusterTest, HttpError, wait_until

WORKERS = 10
KILLS = 6
KEY = "service/demo/leader"


class Protected:
    """Accepts work of whoever holds the lock, and writes down when."""

    def __init__(self):
        self.lock = threading.Lock()
        self.fence = 0
        self.holders = {}  # LockIndex -> worker
        self.times = []
        self.refused = 0
        self.wrong = []

    def holder(self):
        with self.lock:
            return self.holders[self.fence]

    def work(self, worker, lock_index):
        with self.lock:
            if lock_index < self.fence:
                self.refused += 1
                return False
            self.fence = lock_index
            if self.holders.setdefault(lock_index, worker) != worker:
                self.wrong.append((lock_index, self.holders[lock_index], worker))
            self.times.append(time.monotonic())
            return True


class Worker(threading.Thread):
    def __init__(self, number, servers, protected):
        super().__init__(daemon=True)
        self.number, self.protected = number, protected
        self.servers = servers[number % len(servers):] + servers[:number % len(servers)]
        self.stopping = False
        self.api = None
        self.session = ""
        self.stalled = self.stands = False
        self.start()

    def ask(self, method, target, body=None):
        """Of any server that answers; gives up when it is stopped."""
        while not self.stopping:
            try:
                if self.api is None:
                    self.api = Api(self.servers[0].host, HTTP_PORT, 5.0)
                reply = self.api.request(method, target, body)
                if reply.status < 500:
                    return reply
                if reply.body.startswith(b"invalid session"):
                    raise LookupError(reply.body)
            except (OSError, http.client.HTTPException, HttpError):
                pass
            if self.api is not None:
                self.api.close()
            self.api = None
            self.servers = self.servers[1:] + self.servers[:1]
            time.sleep(0.01)
        raise StopIteration

    def run(self):
        while not self.stopping:
            try:
                self.lead()
            except LookupError:
                pass  # the session has ended: a new one
            except StopIteration:
                break
        if self.api is not None:
            self.api.close()

    def lead(self):
        # No check of a node: a worker must not lose its office with the server that it asked first.
        session = self.ask("PUT", "/v1/session/create", json.dumps(
            {"Name": f"worker {self.number}", "TTL": "10s", "LockDelay": "0s", "Checks": []}
        ).encode()).json()["ID"]
        renewed = time.monotonic()
        index = 0
        while not self.stopping:
            if time.monotonic() - renewed > 3:
                renewed = time.monotonic()
                if self.ask("PUT", f"/v1/session/renew/{session}").status == 404:
                    return
            mine = self.ask("PUT", f"/v1/kv/{KEY}?acquire={session}", str(self.number).encode())
            if mine.json():
                entry = self.ask("GET", f"/v1/kv/{KEY}?consistent").json()[0]
                if entry.get("Session") == session:
                    self.session = session
                    while self.stalled and not self.stopping:
                        self.stands = True
                        time.sleep(0.01)
                    self.stands = False
                    self.protected.work(self.number, entry["LockIndex"])
                time.sleep(0.01)
                continue
            reply = self.ask("GET", f"/v1/kv/{KEY}?index={index}&wait=2s")
            index = int(reply.headers["X-Consul-Index"])


class LeaderElection(ClusterTest):
    def depose(self, server, workers, protected):
        """The holder stands still while another takes over. Returns how long nobody worked."""
        holder = workers[protected.holder()]
        holder.stalled = True
        wait_until("it to stand still", lambda: holder.stands)
        before, refused = len(protected.times), protected.refused
        holders = len(protected.holders)
        self.assertEqual(
            server.api.request("PUT", f"/v1/session/destroy/{holder.session}").status, 200)
        wait_until("another holder", lambda: len(protected.holders) > holders)
        self.assertEqual(protected.refused, refused)
        holder.stalled = False
        wait_until("the former one to be refused", lambda: protected.refused > refused)
        return protected.times[before] - protected.times[before - 1]

    def test_one_leads_while_servers_die(self):
        cluster = self.cluster(3)
        servers = list(cluster)
        wait_until("the servers to be registered", lambda: len(
            cluster[0].api.request("GET", "/v1/catalog/nodes").json()) == 3)
        protected = Protected()
        workers = [Worker(i, servers, protected) for i in range(WORKERS)]
        wait_until("somebody to lead", lambda: len(protected.times) > 10)
        gaps, handovers = [], []
        for kill in range(KILLS):
            before = len(protected.times)
            server = servers[kill % 3]
            server.kill()
            wait_until("work to go on", lambda: len(protected.times) > before + 20, 40.0)
            server.start()
            wait_until("it to be back", lambda: server.api.leader() != "", 30.0)
            cluster.wait_until_caught_up()
            times = protected.times[max(before - 1, 0):]
            gaps.append(max(b - a for a, b in zip(times, times[1:])))
            handovers.append(self.depose(server, workers, protected))
        for worker in workers:
            worker.stopping = True
        for worker in workers:
            worker.join(10)
        self.assertEqual(protected.wrong, [], "two workers had one LockIndex")
        print(f"{KILLS} servers killed: {len(protected.times)} times worked, "
              f"{len(protected.holders)} holders, {protected.refused} refused by the fence, "
              f"longest gaps {', '.join(f'{gap * 1000:.0f}' for gap in gaps)} ms; "
              f"{max(handovers) * 1000:.0f} ms when a holder stopped")
        self.assertLess(max(gaps), 12.0, "longer than a TTL and an election")


if __name__ == "__main__":
    unittest.main()
