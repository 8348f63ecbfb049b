#include "cmd/agent/machine.h"

#include <sys/statvfs.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"

namespace konsul::agent {
namespace {

using api::HostCpu;
using api::HostDisk;
using api::HostInfo;
using api::HostMemory;
using api::HostSystem;
using Lines = std::vector<std::pair<std::string, std::string>>;

struct MemoryField {
  const char* name;    // in the answer
  const char* kernel;  // in /proc/meminfo; proc_meminfo(5)
};
// In the reference's order; what Linux does not have is left away.
constexpr MemoryField kMemoryFields[] = {
    {"total", "MemTotal"},
    {"available", "MemAvailable"},
    {"free", "MemFree"},
    {"active", "Active"},
    {"inactive", "Inactive"},
    {"buffers", "Buffers"},
    {"cached", "Cached"},
    {"writeBack", "Writeback"},
    {"dirty", "Dirty"},
    {"writeBackTmp", "WritebackTmp"},
    {"shared", "Shmem"},
    {"slab", "Slab"},
    {"sreclaimable", "SReclaimable"},
    {"sunreclaim", "SUnreclaim"},
    {"pageTables", "PageTables"},
    {"swapCached", "SwapCached"},
    {"commitLimit", "CommitLimit"},
    {"committedAS", "Committed_AS"},
    {"swapTotal", "SwapTotal"},
    {"swapFree", "SwapFree"},
    {"mapped", "Mapped"},
    {"vmallocTotal", "VmallocTotal"},
    {"vmallocUsed", "VmallocUsed"},
    {"vmallocChunk", "VmallocChunk"},
    {"hugePagesTotal", "HugePages_Total"},
    {"hugePagesFree", "HugePages_Free"},
    {"hugePageSize", "Hugepagesize"},
};

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  if (file) text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  return text.str();
}

// The first line, or nothing.
std::string ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The text split into its lines, and each at its first `separator`.
Lines SplitLines(absl::string_view text, char separator) {
  Lines lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(separator, 1));
    lines.emplace_back(absl::StripAsciiWhitespace(parts.first),
                       absl::StripAsciiWhitespace(parts.second));
  }
  return lines;
}

// The number that the text begins with; 0 for none.
uint64_t NumberOf(absl::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), absl::ascii_isdigit);
  uint64_t number = 0;
  (void)absl::SimpleAtoi(text.substr(0, static_cast<size_t>(end - text.begin())), &number);
  return number;
}

absl::StatusOr<HostMemory> ReadMemory(const std::string& root) {
  KONSUL_ASSIGN_OR_RETURN(const std::string text, ReadText(absl::StrCat(root, "/proc/meminfo")));
  const Lines lines = SplitLines(text, ':');
  const auto value = [&](absl::string_view name) -> uint64_t {
    for (const auto& [key, rest] : lines) {
      if (key == name) return NumberOf(rest) * (absl::EndsWith(rest, "kB") ? 1024 : 1);
    }
    return 0;
  };
  HostMemory memory;
  for (const MemoryField& field : kMemoryFields) {
    memory.fields.emplace_back(field.name, value(field.kernel));
  }
  memory.total = value("MemTotal");
  // What programs hold: the page cache can be had back at any time.
  const uint64_t not_used =
      value("MemFree") + value("Buffers") + value("Cached") + value("SReclaimable");
  memory.used = memory.total > not_used ? memory.total - not_used : 0;
  return memory;
}

void ReadCpuLine(const std::string& key, const std::string& value, HostCpu& cpu) {
  if (key == "vendor_id") cpu.vendor = value;
  if (key == "cpu family") cpu.family = value;
  if (key == "model") cpu.model = value;
  if (key == "model name") cpu.model_name = value;
  if (key == "stepping") cpu.stepping = NumberOf(value);
  if (key == "microcode") cpu.microcode = value;
  if (key == "cpu MHz") (void)absl::SimpleAtod(value, &cpu.mhz);
  if (key == "cache size") cpu.cache_kib = NumberOf(value);
  if (key == "physical id") cpu.physical_id = value;
  if (key == "core id") cpu.core_id = value;
  if (key == "flags" || key == "Features") {
    cpu.flags = absl::StrSplit(value, ' ', absl::SkipEmpty());
  }
}

absl::StatusOr<std::vector<HostCpu>> ReadCpus(const std::string& root) {
  KONSUL_ASSIGN_OR_RETURN(const std::string text, ReadText(absl::StrCat(root, "/proc/cpuinfo")));
  std::vector<HostCpu> cpus;
  for (const auto& [key, value] : SplitLines(text, ':')) {
    if (key == "processor") {
      // The reference counts a logical processor as one core.
      cpus.push_back({.cpu = NumberOf(value), .cores = 1});
    } else if (!cpus.empty()) {
      ReadCpuLine(key, value, cpus.back());
    }
  }
  return cpus;
}

uint64_t CountProcesses(const std::string& root) {
  uint64_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(absl::StrCat(root, "/proc"), error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    if (std::all_of(name.begin(), name.end(), absl::ascii_isdigit)) ++count;
  }
  return count;
}

// os-release(5); values may be quoted.
void ReadPlatform(const std::string& root, HostSystem& system) {
  const absl::StatusOr<std::string> text = ReadText(absl::StrCat(root, "/etc/os-release"));
  if (!text.ok()) return;
  for (auto& [key, value] : SplitLines(*text, '=')) {
    std::erase_if(value, [](char c) { return c == '"' || c == '\''; });
    if (key == "ID") system.platform = value;
    if (key == "VERSION_ID") system.platform_version = value;
    if (key == "ID_LIKE") system.platform_family = value.substr(0, value.find(' '));
  }
  if (system.platform_family.empty()) system.platform_family = system.platform;
}

absl::StatusOr<HostSystem> ReadSystem(const std::string& root) {
  HostSystem system;
  system.hostname = ReadLine(absl::StrCat(root, "/proc/sys/kernel/hostname"));
  system.uptime_seconds = NumberOf(ReadLine(absl::StrCat(root, "/proc/uptime")));
  KONSUL_ASSIGN_OR_RETURN(const std::string stat, ReadText(absl::StrCat(root, "/proc/stat")));
  for (const auto& [key, value] : SplitLines(stat, ' ')) {
    if (key == "btime") system.boot_time = NumberOf(value);
  }
  system.processes = CountProcesses(root);
  system.os = "linux";
  ReadPlatform(root, system);
  system.kernel_version = ReadLine(absl::StrCat(root, "/proc/sys/kernel/osrelease"));
  utsname name;
  if (uname(&name) == 0) system.kernel_arch = name.machine;
  system.id = ReadLine(absl::StrCat(root, "/etc/machine-id"));
  // Written without the hyphens of a UUID.
  if (system.id.size() == 32) {
    for (const size_t at : {8, 13, 18, 23}) system.id.insert(at, "-");
  }
  return system;
}

absl::StatusOr<HostDisk> ReadDisk(const std::string& path) {
  struct statvfs stat;
  if (statvfs(path.c_str(), &stat) != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  const uint64_t block = stat.f_frsize;
  return HostDisk{.path = path,
                  .total = stat.f_blocks * block,
                  .used = (stat.f_blocks - stat.f_bfree) * block,
                  .free = stat.f_bavail * block,
                  .inodes_total = stat.f_files,
                  .inodes_used = stat.f_files - stat.f_ffree};
}

// Puts what was found in its place, or says why it was not.
template <typename Found, typename Place>
void Take(absl::StatusOr<Found> found, Place& place, HostInfo& info) {
  if (found.ok()) {
    place = *std::move(found);
  } else {
    info.errors.emplace_back(found.status().message());
  }
}

}  // namespace

HostInfo ReadMachine(const std::string& root, const std::string& disk_path) {
  HostInfo info;
  Take(ReadMemory(root), info.memory, info);
  Take(ReadCpus(root), info.cpus, info);
  Take(ReadSystem(root), info.system, info);
  Take(ReadDisk(disk_path), info.disk, info);
  return info;
}

}  // namespace konsul::agent
