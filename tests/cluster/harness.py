"""Real konsul processes on loopback, for tests. Python's standard library only.

    class Basics(ClusterTest):
        def test_it(self):
            cluster = self.cluster(3)
            cluster[0].put("key", b"value")

The programs are looked for in $KONSUL_BIN. Every test gets loopback addresses of its own
(127.x.y.1 and up, x and y from this process and a counter), so tests may run side by side and ports
need not be chosen. When a test fails, the ends of its servers' logs are printed.
"""

import base64
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

BIN = os.environ.get("KONSUL_BIN") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build/release/bin")
HTTP_PORT = 8500
RPC_PORT = 8300

_counter = itertools.count()


def fresh_subnet():
    """"127.x.y": one of 58,000, different for each process and each call."""
    number = (os.getpid() * 16 + next(_counter)) % (232 * 250)
    return f"127.{20 + number // 250}.{1 + number % 250}"


def wait_until(what, condition, timeout=20.0):
    """Polls until `condition()` is truthy and returns that. The only way tests here wait."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:.0f} s in vain for: {what}")
        time.sleep(0.02)


def quietly(attempt):
    """None where the server cannot be asked or did not do it."""
    try:
        return attempt()
    except (OSError, http.client.HTTPException, HttpError):
        return None


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class HttpError(Exception):
    """An answer other than 200 and 404: the request was not done, or nobody knows."""


class Api:
    """One server's HTTP API over connections of one thread."""

    def __init__(self, host, port=HTTP_PORT, timeout=10.0):
        self.host, self.port, self.timeout = host, port, timeout
        self.connection = None

    def request(self, method, target, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            self.connection.request(method, target, body, headers or {})
            answer = self.connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def kv(self, method, key, query="", body=None):
        reply = self.request(method, f"/v1/kv/{urllib.parse.quote(key)}{query}", body)
        if reply.status not in (200, 404):
            raise HttpError(f"{method} {key}: {reply.status} {reply.body.decode(errors='replace')}")
        return reply

    def put(self, key, value, query=""):
        """True when written, False when a check-and-set lost."""
        return self.kv("PUT", key, query, value).json()

    def get(self, key, query=""):
        """The value, or None."""
        reply = self.kv("GET", key, query)
        if reply.status == 404:
            return None
        return base64.b64decode(reply.json()[0]["Value"] or "")

    def tree(self, prefix, query=""):
        """{key: value} of all keys below a prefix."""
        reply = self.kv("GET", prefix, "?recurse" + query)
        if reply.status == 404:
            return {}
        return {pair["Key"]: base64.b64decode(pair["Value"] or "") for pair in reply.json()}

    def configuration(self, query=""):
        """Who takes part: [{"ID", "Node", "Address", "Leader", "Voter"}]. HttpError, OSError."""
        reply = self.request("GET", "/v1/operator/raft/configuration" + query)
        if reply.status != 200:
            raise HttpError(f"{reply.status} {reply.body.decode(errors='replace')}")
        return reply.json()["Servers"]

    def metrics(self):
        """{name with labels: value} of Prometheus' text format."""
        reply = self.request("GET", "/v1/agent/metrics?format=prometheus")
        if reply.status != 200:
            raise HttpError(f"{reply.status} {reply.body.decode(errors='replace')}")
        lines = [l for l in reply.body.decode().splitlines() if l and not l.startswith("#")]
        return {name: float(value) for name, _, value in (l.rpartition(" ") for l in lines)}

    def leader(self):
        """The leader's RPC address, or None when it is unknown or the server does not answer."""
        try:
            return self.request("GET", "/v1/status/leader").json() or None
        except (OSError, http.client.HTTPException, ValueError):
            return None


class DiskProbe:
    """Syncs a small file all the while; `longest_ms` says how long the disk itself held that up."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "disk-probe")
        self.longest_ms = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        with open(self.path, "wb", buffering=0) as file:
            while not self._end.wait(0.01):
                begin = time.monotonic()
                file.write(b"x" * 512)
                os.fdatasync(file.fileno())
                self.longest_ms = max(self.longest_ms, (time.monotonic() - begin) * 1000)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


class Server:
    """One konsul process with its directory; may be stopped and started again."""

    def __init__(self, name, host, directory, args):
        self.name, self.host, self.directory = name, host, directory
        self.data = os.path.join(directory, "data")
        self.log_path = os.path.join(directory, "log")
        self.args = args
        self.process = None
        self.api = Api(host)
        os.makedirs(directory, exist_ok=True)

    def start(self, extra=(), **popen):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(BIN, "konsul"), "agent"] + self.args + list(extra),
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, **popen)
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """kill -9; everything the process had not written is gone."""
        self.process.kill()
        self.process.wait()
        self.api.close()

    def stop(self, timeout=15.0):
        """SIGTERM; returns the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout)
        finally:
            self.api.close()

    def wait_exit(self, timeout=20.0):
        return self.process.wait(timeout)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def rpc_address(self):
        return f"{self.host}:{RPC_PORT}"

    def http_address(self):
        return f"{self.host}:{HTTP_PORT}"

    def ctl(self, *args):
        """Runs konsulctl against this server; returns the finished process."""
        return subprocess.run([os.path.join(BIN, "konsulctl"), *args,
                               f"-http-addr={self.http_address()}"],
                              capture_output=True, text=True, timeout=60)

    def put(self, *args, **kwargs):
        return self.api.put(*args, **kwargs)

    def get(self, *args, **kwargs):
        return self.api.get(*args, **kwargs)


class Cluster:
    def __init__(self, directory, size, extra=()):
        self.directory, self.extra = directory, list(extra)
        self.subnet = fresh_subnet()
        hosts = [f"{self.subnet}.{i + 1}" for i in range(size)]
        self.servers = []
        for i, host in enumerate(hosts):
            name = f"n{i + 1}"
            home = os.path.join(directory, self.subnet, name)
            args = ["-server", f"-node={name}", f"-bind={host}", f"-client={host}",
                    f"-bootstrap-expect={size}", f"-data-dir={home}/data"]
            args += [f"-retry-join={other}" for other in hosts if other != host] + list(extra)
            self.servers.append(Server(name, host, home, args))

    def __getitem__(self, index):
        return self.servers[index]

    def __iter__(self):
        return iter(self.servers)

    def start(self):
        for server in self.servers:
            server.start()
        self.wait_for_leader()
        return self

    def add(self, number=None):
        """One more server, which asks the others for membership once it is started. It is not."""
        number = number or 1 + len(self.servers)
        name, host = f"n{number}", f"{self.subnet}.{number}"
        home = os.path.join(self.directory, self.subnet, name)
        args = ["-server", f"-node={name}", f"-bind={host}", f"-client={host}",
                f"-data-dir={home}/data"]
        args += [f"-retry-join={other.host}" for other in self.servers] + self.extra
        self.servers.append(Server(name, host, home, args))
        return self.servers[-1]

    def ids(self):
        """{name: id} of all members."""
        return {peer["Node"]: peer["ID"] for peer in self.wait_for_leader().api.configuration()}

    def wait_for_voters(self, servers, timeout=30.0):
        """Until exactly these are the members, all of them voters, and each of them says so."""
        wanted = {(s.name, True) for s in servers}

        def agreed():
            try:
                return all({(p["Node"], p["Voter"]) for p in s.api.configuration("?stale")} == wanted
                           for s in servers)
            except (OSError, http.client.HTTPException, HttpError):
                return False
        wait_until(f"exactly {sorted(s.name for s in servers)} to be voters", agreed, timeout)

    def wait_until_caught_up(self, servers=None, timeout=30.0):
        """Until each has applied a write that was made after the call."""
        servers = servers or [s for s in self.servers if s.alive()]
        key = "harness/marker"
        value = str(time.monotonic_ns()).encode()
        wait_until("a write to be taken", lambda: quietly(lambda: servers[0].put(key, value)), timeout)
        for server in servers:
            wait_until(f"{server.name} to catch up",
                       lambda: quietly(lambda: server.get(key, "?stale") == value), timeout)

    def wait_for_leader(self, timeout=30.0):
        """Until all living servers name the same living leader; returns that server."""
        def agreed():
            alive = [s for s in self.servers if s.alive()]
            leaders = {s.api.leader() for s in alive}
            if len(leaders) != 1:
                return None
            address = leaders.pop()
            return next((s for s in alive if s.rpc_address() == address), None)
        return wait_until("one leader that all living servers know", agreed, timeout)


class ClusterTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="konsul-test-")
        self._servers = []
        self.addCleanup(self._clean_up)

    def cluster(self, size, extra=(), start=True):
        cluster = Cluster(self.directory, size, extra)
        self._servers += cluster.servers
        return cluster.start() if start else cluster

    def add_server(self, cluster, number=None):
        self._servers.append(cluster.add(number))
        return self._servers[-1]

    def single(self, *extra, start=True):
        """One server that is a cluster of its own."""
        server = self.cluster(1, extra, start=False)[0]
        if start:
            self.start_single(server)
        return server

    def start_single(self, server, extra=()):
        server.start(extra)
        wait_until("the server to lead",
                   lambda: not server.alive() or server.api.leader() == server.rpc_address())
        self.assertTrue(server.alive(), server.log())

    def konsul(self, *args, **kwargs):
        """Runs the program to its end."""
        return subprocess.run([os.path.join(BIN, "konsul"), *args], capture_output=True, text=True,
                              timeout=30, **kwargs)

    def _clean_up(self):
        for server in self._servers:
            if server.alive():
                server.kill()
            server.api.close()
        failed = any(error for _, error in getattr(self._outcome, "errors", [])) or \
            getattr(getattr(self._outcome, "result", None), "failures", []) or \
            getattr(getattr(self._outcome, "result", None), "errors", [])
        if failed:
            for server in self._servers:
                if os.path.exists(server.log_path):
                    print(f"--- end of the log of {server.name}")
                    print("\n".join(server.log().splitlines()[-25:]))
        shutil.rmtree(self.directory, ignore_errors=True)


def raw_exchange(host, port, data, timeout=3.0):
    """Sends bytes on a fresh connection; returns what came back until the end or `timeout`."""
    with socket.create_connection((host, port), timeout=timeout) as connection:
        connection.settimeout(timeout)
        received = b""
        try:
            connection.sendall(data)
            while True:
                chunk = connection.recv(65536)
                if not chunk:
                    break
                received += chunk
        except (socket.timeout, ConnectionError):
            pass
        return received


__all__ = ["Api", "BIN", "Cluster", "ClusterTest", "HTTP_PORT", "HttpError", "RPC_PORT", "Server",
           "fresh_subnet", "quietly", "raw_exchange", "signal", "wait_until"]
