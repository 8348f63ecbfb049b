// Whole clusters under any schedule of faults: the bytes are an experiment
// (chaos/schedule_bytes.h), and no oracle may fire. Beside the branches of the code, libFuzzer
// counts as coverage which situations consensus gets into (sim/cluster/situation.h) and which rare
// paths it takes (core/base/probe.h), so that the search goes on from schedules which led to
// something new.
//
// What it finds is printed as an experiment file, to be run, replayed and shrunk by konsul-sim.
// KONSUL_FUZZ_MUTANT names a planted bug, in builds that have them; to see how long it takes.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "chaos/schedule_bytes.h"
#include "chaos/write.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/probe.h"
#include "sim/cluster/runner.h"

namespace konsul {
namespace {

constexpr size_t kSituations = 1 << 14;

// libFuzzer looks here for coverage of our own; one byte counts one thing.
__attribute__((
    section("__libfuzzer_extra_counters"))) uint8_t counters[kSituations + probe::kCount];

void Count(size_t number, uint64_t times) {
  counters[number] = static_cast<uint8_t>(std::min<uint64_t>(counters[number] + times, 255));
}

class Scratch {
 public:
  Scratch() {
    std::string pattern = "/dev/shm/konsul-fuzz-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) {
      pattern = (std::filesystem::temp_directory_path() / "konsul-fuzz-XXXXXX").string();
      KONSUL_CHECK(mkdtemp(pattern.data()) != nullptr, "no directory for tables");
    }
    root_ = pattern;
  }
  ~Scratch() { Remove(root_); }

  std::string Fresh() {
    Remove(root_ + "/tables");
    std::filesystem::create_directories(root_ + "/tables");
    return root_ + "/tables";
  }

 private:
  static void Remove(const std::string& path) {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::string root_;
};

void Begin() {
#ifdef KONSUL_MUTANTS
  if (const char* name = getenv("KONSUL_FUZZ_MUTANT"); name != nullptr) {
    const auto mutant = mutation::ByName(name);
    KONSUL_CHECK(mutant.has_value(), "no planted bug is named ", name);
    mutation::Activate(*mutant);
  }
#endif
}

void RunOne(absl::Span<const uint8_t> bytes) {
  static Scratch scratch;
  const chaos::Experiment experiment = chaos::ScheduleFromBytes(bytes);
  cluster::RunOptions options;
  options.seed = *experiment.seed;
  options.scratch = scratch.Fresh();
  options.on_situation = [](uint64_t situation) { Count(situation % kSituations, 1); };
  const cluster::Report report = cluster::RunExperiment(experiment, options);
  size_t number = kSituations;
  for (const probe::Named& each : probe::Names()) {
    Count(number++, report.rare_paths.at(std::string(each.name)));
  }
  if (report.verdict == cluster::Verdict::kPass) return;
  const checkers::Finding& finding = report.findings[0];
  std::fprintf(stderr, "%s: %s\n%s", finding.oracle.c_str(), finding.text.c_str(),
               chaos::WriteExperiment(experiment, "Found by fuzz/schedule_fuzz.cc").c_str());
  std::abort();
}

}  // namespace
}  // namespace konsul

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  konsul::Begin();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  konsul::RunOne({data, size});
  return 0;
}

// Besides bytes, whole records are the units of change: one more, one less, one again at another
// place, two in turn.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  constexpr size_t kHeader = konsul::chaos::kScheduleHeaderBytes;
  constexpr size_t kRecord = konsul::chaos::kScheduleRecordBytes;
  const size_t records = size < kHeader ? 0 : (size - kHeader) / kRecord;
  const size_t whole = kHeader + records * kRecord;
  const bool room = whole + kRecord <= max_size && records < konsul::chaos::kScheduleRecordsMax;
  const auto record = [&](size_t i) { return data + kHeader + i * kRecord; };
  const size_t one = records == 0 ? 0 : (seed >> 8) % records;
  const size_t other = records == 0 ? 0 : (seed >> 16) % records;
  switch (seed % 8) {
    case 0:  // a copy of one behind all others
      if (!room || records == 0) break;
      std::memcpy(data + whole, record(one), kRecord);
      return whole + kRecord;
    case 1:  // a new one
      if (!room || size < kHeader) break;
      std::memset(data + whole, 0, kRecord);
      LLVMFuzzerMutate(data + whole, kRecord, kRecord);
      return whole + kRecord;
    case 2:
      if (records == 0) break;
      std::memmove(record(one), record(one) + kRecord, (records - one - 1) * kRecord);
      return whole - kRecord;
    case 3:  // the same to somebody else, or at another time
      if (records == 0) break;
      std::memcpy(record(one), record(other), 1 + (seed >> 24) % kRecord);
      return whole;
    default:
      break;
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
