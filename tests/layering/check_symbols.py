#!/usr/bin/env python3
"""Checks that the libraries of the folders in pure.txt do not refer to the operating system.

    check_symbols.py BUILD_DIR [ROOT]

Looks at the undefined symbols of each object in BUILD_DIR/FOLDER/libFOLDER.a. Memory (mmap,
mprotect), abort and writing to stderr are not forbidden: a failed check needs them.
"""

import os
import re
import subprocess
import sys

import tree

# C functions, by purpose.
FORBIDDEN_NAMES = {
    "a clock": """clock_gettime clock_nanosleep gettimeofday time clock ftime timespec_get nanosleep
        usleep sleep alarm setitimer timerfd_create localtime localtime_r mktime""",
    "entropy": """getrandom getentropy rand rand_r srand random srandom drand48 lrand48 arc4random
        arc4random_uniform arc4random_buf""",
    "threads": """pthread_create pthread_join pthread_cond_wait pthread_cond_timedwait thrd_create
        sem_wait sched_yield fork vfork clone posix_spawn system""",
    "sockets": """socket socketpair bind connect listen accept accept4 send sendto sendmsg recv
        recvfrom recvmsg getsockopt setsockopt getaddrinfo gethostbyname epoll_create epoll_create1
        epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd poll ppoll select pselect
        io_uring_setup""",
    "files": """open open64 openat openat64 creat fopen fopen64 freopen fdopen tmpfile read pread
        pread64 readv write pwrite pwrite64 writev fsync fdatasync sync fallocate posix_fallocate
        ftruncate ftruncate64 rename unlink remove mkdir rmdir mkdtemp mkstemp opendir readdir stat
        fstat lstat flock fcntl fcntl64 ioctl""",
    "the environment": "getenv secure_getenv getpid getppid gethostname uname gettid syscall",
}
# C++ names, demangled, by their beginning.
FORBIDDEN_CXX = {
    "a clock": ["std::chrono::_V2::", "std::filesystem::__file_clock", "absl::Now",
                "absl::GetCurrentTimeNanos", "absl::SleepFor", "AbslInternalSleepFor"],
    "entropy": ["std::random_device::", "absl::BitGen", "absl::random_internal::"],
    "threads": ["std::thread::", "std::jthread::", "std::condition_variable::", "std::__future_base::",
                "std::this_thread::", "absl::CondVar::", "absl::Mutex::"],
    "files": ["std::basic_filebuf<", "std::basic_ifstream<", "std::basic_ofstream<",
              "std::basic_fstream<", "std::filesystem::", "std::__basic_file"],
}
BY_NAME = {name: what for what, names in FORBIDDEN_NAMES.items() for name in names.split()}


def forbidden(symbol):
    """What a demangled undefined symbol gives access to, or None."""
    plain = symbol.split("@")[0]
    # glibc's names for the fortified and the 64-bit-time variants.
    stripped = re.sub(r"_chk$", "", plain.lstrip("_"))
    if "(" not in plain and stripped in BY_NAME:
        return BY_NAME[stripped]
    for what, beginnings in FORBIDDEN_CXX.items():
        if any(plain.startswith(b) for b in beginnings):
            return what
    return None


def check_library(library, label):
    lines = subprocess.run(["nm", "-C", "--undefined-only", library], capture_output=True,
                           text=True, check=True).stdout.splitlines()
    problems, member = [], ""
    for line in lines:
        if line.endswith(".o:"):
            member = line[:-1]
            continue
        found = re.match(r"\s+(\w)\s(.*)", line)
        # 'w' is a weak reference: the standard library's "is there a pthread at all?".
        if not found or found.group(1) == "w":
            continue
        what = forbidden(found.group(2).strip())
        if what:
            problems.append(f"{label}: {member} refers to {found.group(2).strip()} ({what}); "
                            "reach it through core/env")
    return problems


def check_build(build, root, pure):
    problems, checked = [], 0
    for folder in tree.table_lines(pure):
        directory = os.path.join(root, folder)
        names = os.listdir(directory) if os.path.isdir(directory) else []
        if not any(n.endswith(".cc") and not tree.is_test(n) for n in names):
            continue  # headers only, or not there yet
        library = os.path.join(build, folder, "lib" + folder.replace("/", "_") + ".a")
        if not os.path.exists(library):
            problems.append(f"{folder}: {library} is missing; build it first")
            continue
        problems += check_library(library, folder)
        checked += 1
    return problems, checked


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.join(tree.HERE, "..", "..")
    problems, count = check_build(sys.argv[1], root, os.path.join(tree.HERE, "pure.txt"))
    tree.report("symbols", problems, f"{count} libraries")
