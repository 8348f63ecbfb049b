"""What must never crash a server nor lose data silently: foreign bytes, foreign and damaged files."""

import glob
import os
import random
import shutil
import struct
import unittest

from harness import BIN, HTTP_PORT, RPC_PORT, ClusterTest, raw_exchange, wait_until

SEGMENT_HEADER = 36  # bytes of a segment's header, with its checksum (docs/formats/wal.md)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


GARBAGE = [
    b"",
    b"\x00" * 64,
    b"\xff" * 4096,
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x42" * 200,  # the start of TLS
    struct.pack("<I", 0xFFFFFFFF) + b"x" * 100,
    struct.pack(">I", 0x7FFFFFFF) + b"x" * 100,
    random.Random(1).randbytes(20000),
]


class ForeignBytes(ClusterTest):
    def test_on_the_rpc_port(self):
        cluster = self.cluster(3)
        self.assertTrue(cluster[0].put("k", b"v"))
        for server in cluster:
            for data in GARBAGE:
                raw_exchange(server.host, RPC_PORT, data, timeout=0.3)
        for server in cluster:
            self.assertTrue(server.alive())
            self.assertEqual(server.get("k", "?consistent"), b"v")
            self.assertIn("refused a connection from 127.", server.log())

    def test_on_the_http_port(self):
        server = self.single()
        for data, status in [
                (b"\x00\x01\x02\r\n\r\n", b"400"),
                (b"GET\r\n\r\n", b"400"),
                (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"505"),
                (b"GET /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n", b"400"),
                (b"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n", b"400"),
                (b"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
                (b"GET /v1/kv/%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
                (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"b" * 200000 + b"\r\n\r\n", b"431"),
                (b"GET /" + b"b" * 200000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
        ]:
            answer = raw_exchange(server.host, HTTP_PORT, data, timeout=2.0)
            self.assertTrue(answer.startswith(b"HTTP/1.1 " + status),
                            f"{data[:60]!r} was answered {answer[:120]!r}")
        for data in GARBAGE:
            raw_exchange(server.host, HTTP_PORT, data, timeout=0.3)
        self.assertTrue(server.put("k", b"v"))

    def test_requests_in_one_packet_are_answered_in_order(self):
        server = self.single()
        answer = raw_exchange(server.host, HTTP_PORT,
                              b"PUT /v1/kv/p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                              b"GET /v1/kv/p?raw HTTP/1.1\r\nHost: x\r\n\r\n"
                              b"GET /v1/kv/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual([part[:12] for part in answer.split(b"HTTP/1.1 ")[1:]],
                         [b"200 OK\r\nCont"[:12], b"200 OK\r\nCont"[:12], b"404 Not Foun"], answer)
        self.assertLess(answer.index(b"true"), answer.index(b"one"))


class PortsAndDirectories(ClusterTest):
    def refused(self, server, *texts):
        """The server ends with exit code 1 and says these things; no stack trace, no abort."""
        self.assertEqual(server.wait_exit(), 1, server.log())
        last = server.log().splitlines()[-1]
        self.assertIn("[ERROR]", last)
        for text in texts:
            self.assertIn(text, last)

    def test_a_port_in_use(self):
        first = self.single()
        second = self.single(start=False)
        for flag, port in [("-client", HTTP_PORT), ("-bind", RPC_PORT)]:
            second.start([f"{flag}={first.host}"])
            self.refused(second, "ddress already in use", f"{first.host}:{port}", "ss -ltnp")
        self.assertTrue(first.put("k", b"v"))

    def test_an_address_of_another_machine(self):
        server = self.single(start=False)
        server.start(["-bind=192.0.2.1"])
        self.refused(server, "192.0.2.1:8300")

    def test_a_directory_in_use(self):
        first = self.single()
        second = self.single(start=False)
        second.start([f"-data-dir={first.data}"])
        self.refused(second, first.data, f"pid {first.process.pid}")
        self.assertTrue(first.put("k", b"v"))

    def test_a_directory_of_another_node(self):
        server = self.single()
        self.assertEqual(server.stop(), 0)
        server.start(["-node=somebody-else"])
        self.refused(server, server.data, 'belongs to node "n1"', '"somebody-else"')

    def test_a_directory_that_cannot_be_used(self):
        server = self.single(start=False)
        with open(server.data, "w") as file:
            file.write("not a directory")
        server.start()
        self.refused(server, server.data)

    @unittest.skipUnless(os.getuid() == 0, "only root can become somebody else")
    def test_a_directory_without_permission(self):
        os.chmod(self.directory, 0o755)
        server = self.single(start=False)
        for directory in (os.path.dirname(server.directory), server.directory):
            os.chmod(directory, 0o755)
        os.makedirs(server.data, mode=0o700)
        program = os.path.join(self.directory, "konsul")
        shutil.copy(os.path.join(BIN, "konsul"), program)
        os.chmod(program, 0o755)
        server.start(user=65534, executable=program)
        self.refused(server, "ermission denied", server.data, "run konsul as the user who owns it")

    def test_a_pid_file_of_a_living_server(self):
        pid_file = os.path.join(self.directory, "pid")
        first = self.single(f"-pid-file={pid_file}")
        with open(pid_file) as file:
            self.assertEqual(int(file.read()), first.process.pid)
        second = self.single(start=False)
        second.start([f"-pid-file={pid_file}"])
        self.refused(second, pid_file, f"process {first.process.pid}")
        self.assertEqual(first.stop(), 0)
        self.assertFalse(os.path.exists(pid_file))


class DamagedFiles(ClusterTest):
    """A server's files change behind its back: it refuses, names the file, and changes nothing."""

    def server_with_data(self):
        server = self.single()
        for i in range(20):
            self.assertTrue(server.put(f"k{i}", b"value-%d" % i))
        server.kill()
        return server

    def patch(self, path, offset, data):
        with open(path, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def first_segment(self, server):
        return sorted(glob.glob(os.path.join(server.data, "wal", "*")))[0]

    def refuses(self, server, *texts):
        before = {path: os.path.getsize(path)
                  for path in glob.glob(os.path.join(server.data, "wal", "*"))}
        server.start()
        self.assertEqual(server.wait_exit(), 1, server.log())
        for text in texts:
            self.assertIn(text, server.log().splitlines()[-1])
        after = {path: os.path.getsize(path)
                 for path in glob.glob(os.path.join(server.data, "wal", "*"))}
        # A segment that was being prepared when the process died may be thrown away, no other.
        self.assertLessEqual(after.items(), before.items())
        self.assertLessEqual(len(before) - len(after), 1)

    def test_a_byte_in_an_early_record_of_the_log(self):
        server = self.server_with_data()
        segment = self.first_segment(server)
        with open(segment, "rb") as file:
            position = file.read().index(b"value-3")
        self.patch(segment, position, b"VALUE-3")
        self.refuses(server, segment)
        # Put back, all is well: nothing was cut or rewritten.
        self.patch(segment, position, b"value-3")
        self.start_single(server)
        self.assertEqual(server.get("k19"), b"value-19")

    def test_another_version(self):
        server = self.server_with_data()
        segment = self.first_segment(server)
        # The header's checksum stands after magic, version, flags, node and sequence; the node
        # file's at its end.
        for path, size in [(segment, SEGMENT_HEADER), (os.path.join(server.data, "node"), None)]:
            with open(path, "rb") as file:
                header = file.read(size)
            changed = header[:8] + struct.pack("<I", 99) + header[12:-4]
            self.patch(path, 0, changed + struct.pack("<I", crc32c(changed)))
            self.refuses(server, path, "written in format version 99")
            # A version without its checksum is damage.
            self.patch(path, len(header) - 4, b"\0\0\0\0")
            self.refuses(server, path, "damaged")
            self.patch(path, 0, header)
        self.start_single(server)

    def test_the_node_file(self):
        server = self.server_with_data()
        path = os.path.join(server.data, "node")
        with open(path, "rb") as file:
            content = file.read()
        self.patch(path, 20, b"\x01\x02\x03")
        self.refuses(server, path)
        os.remove(path)
        self.refuses(server, path)
        with open(path, "wb") as file:
            file.write(content)
        self.start_single(server)
        self.assertEqual(server.get("k0"), b"value-0")

    def test_a_log_of_another_node(self):
        server, other = self.server_with_data(), self.server_with_data()
        shutil.rmtree(os.path.join(server.data, "wal"))
        shutil.copytree(os.path.join(other.data, "wal"), os.path.join(server.data, "wal"))
        self.refuses(server, os.path.join(server.data, "wal"))

    def test_lost_or_foreign_tables_are_rebuilt_from_the_log(self):
        server = self.server_with_data()
        shutil.rmtree(os.path.join(server.data, "tables"))
        self.start_single(server)
        self.assertEqual(len(server.api.tree("k")), 20)
        server.kill()
        for path in glob.glob(os.path.join(server.data, "tables", "*")):
            with open(path, "wb") as file:
                file.write(b"garbage" * 1000)
        self.start_single(server)
        self.assertEqual(len(server.api.tree("k")), 20)

    def test_a_torn_tail_is_cut_and_said(self):
        server = self.server_with_data()
        segment = self.first_segment(server)
        with open(segment, "rb") as file:
            end = len(file.read().rstrip(b"\0"))
        # What a crash in the middle of an append leaves: the beginning of a record.
        self.patch(segment, (end + 15) // 8 * 8, b"\x40\x00\x00\x00\x01garbage-without-end")
        server.start()
        started = wait_until("a decision", lambda: not server.alive() or server.api.leader())
        if server.alive():
            self.assertEqual(server.get("k19"), b"value-19")
        else:
            self.assertIn(segment, server.log().splitlines()[-1])
        self.assertTrue(started)


if __name__ == "__main__":
    unittest.main(verbosity=2)
