#include "cmd/agent/machine.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::agent {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

class MachineTest : public ::testing::Test {
 protected:
  MachineTest()
      : root_(std::filesystem::temp_directory_path() /
              absl::StrCat("konsul-machine-test-", getpid())) {
    std::filesystem::remove_all(root_);
  }
  ~MachineTest() override { std::filesystem::remove_all(root_); }

  void File(const std::string& name, const std::string& text) {
    const std::filesystem::path path = root_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  std::filesystem::path root_;
};

TEST_F(MachineTest, ReadsWhatTheKernelWrites) {
  File("proc/meminfo",
       "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\n"
       "Buffers:          50 kB\nCached:          250 kB\nSReclaimable:    100 kB\n"
       "HugePages_Total:       3\n");
  File("proc/cpuinfo",
       "processor\t: 0\nvendor_id\t: GenuineX\ncpu family\t: 6\nmodel\t\t: 85\n"
       "model name\t: X 3.1 GHz\nstepping\t: 7\ncpu MHz\t\t: 3100.250\ncache size\t: 36608 KB\n"
       "physical id\t: 0\ncore id\t\t: 1\nflags\t\t: fpu vme\n\nprocessor\t: 1\n");
  File("proc/sys/kernel/hostname", "box\n");
  File("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
  File("proc/uptime", "12345.67 9.00\n");
  File("proc/stat", "cpu  1 2 3\nbtime 1700000000\n");
  File("proc/17/stat", "");
  File("proc/18/stat", "");
  File("etc/os-release", "ID=ubuntu\nID_LIKE=\"debian other\"\nVERSION_ID=\"22.04\"\n");
  File("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  const api::HostInfo info = ReadMachine(root_, root_);
  EXPECT_THAT(info.errors, SizeIs(0));

  ASSERT_TRUE(info.memory);
  EXPECT_EQ(info.memory->total, 1000u * 1024);
  EXPECT_EQ(info.memory->used, 500u * 1024);
  EXPECT_THAT(info.memory->fields, Contains(Pair("available", 600u * 1024)));
  EXPECT_THAT(info.memory->fields, Contains(Pair("hugePagesTotal", 3u)));

  ASSERT_THAT(info.cpus, SizeIs(2));
  const api::HostCpu& cpu = info.cpus[0];
  EXPECT_EQ(cpu.vendor, "GenuineX");
  EXPECT_EQ(cpu.family, "6");
  EXPECT_EQ(cpu.model, "85");
  EXPECT_EQ(cpu.model_name, "X 3.1 GHz");
  EXPECT_EQ(cpu.stepping, 7u);
  EXPECT_EQ(cpu.mhz, 3100.25);
  EXPECT_EQ(cpu.cache_kib, 36608u);
  EXPECT_EQ(cpu.core_id, "1");
  EXPECT_THAT(cpu.flags, ElementsAre("fpu", "vme"));
  EXPECT_EQ(info.cpus[1].cpu, 1u);

  ASSERT_TRUE(info.system);
  EXPECT_EQ(info.system->hostname, "box");
  EXPECT_EQ(info.system->uptime_seconds, 12345u);
  EXPECT_EQ(info.system->boot_time, 1700000000u);
  EXPECT_EQ(info.system->processes, 2u);
  EXPECT_EQ(info.system->platform, "ubuntu");
  EXPECT_EQ(info.system->platform_family, "debian");
  EXPECT_EQ(info.system->platform_version, "22.04");
  EXPECT_EQ(info.system->kernel_version, "6.1.0-13-amd64");
  EXPECT_EQ(info.system->id, "01234567-89ab-cdef-0123-456789abcdef");

  ASSERT_TRUE(info.disk);
  EXPECT_EQ(info.disk->path, root_);
  EXPECT_GT(info.disk->total, info.disk->used);
}

TEST_F(MachineTest, WhatIsMissingIsSaid) {
  const api::HostInfo info = ReadMachine(root_, root_);
  EXPECT_FALSE(info.memory);
  EXPECT_FALSE(info.disk);
  EXPECT_THAT(info.errors, SizeIs(4));
  EXPECT_THAT(info.errors, Contains(HasSubstr("proc/meminfo cannot be read")));
  EXPECT_THAT(info.errors, Contains(HasSubstr("No such file or directory")));
}

TEST_F(MachineTest, ThisMachine) {
  const api::HostInfo info = ReadMachine("", "/");
  EXPECT_THAT(info.errors, SizeIs(0));
  EXPECT_GT(info.memory->used, 0u);
  EXPECT_GT(info.system->uptime_seconds, 0u);
  EXPECT_GT(info.system->processes, 1u);
  EXPECT_FALSE(info.cpus.empty());
}

}  // namespace
}  // namespace konsul::agent
