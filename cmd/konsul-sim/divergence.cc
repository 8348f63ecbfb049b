#include "cmd/konsul-sim/divergence.h"

#include <unistd.h>

#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace konsul::simulator {
namespace {

constexpr size_t kBefore = 5;

cluster::Report RunSide(const Side& side, Scratch& scratch, sim::Trace::Sink sink) {
  cluster::RunOptions options;
  options.seed = side.seed;
  options.scratch = scratch.Fresh();
  options.trace = std::move(sink);
  return cluster::RunExperiment(side.experiment, options);
}

// Follows a second run along the events of a first one.
class Follower {
 public:
  explicit Follower(const std::string& path) : first_(path) {}

  void OnEvent(uint64_t number, std::string event) {
    if (found_.has_value()) return;
    std::string expected;
    std::getline(first_, expected);
    if (expected == event) {
      before_.push_back(std::move(event));
      if (before_.size() > kBefore) before_.pop_front();
      return;
    }
    Found(number, std::move(expected), std::move(event));
  }

  // The second run has ended; the first one may go on.
  std::optional<Divergence> Finish(uint64_t events) {
    std::string expected;
    if (!found_.has_value() && std::getline(first_, expected)) Found(events + 1, expected, "");
    return std::move(found_);
  }

 private:
  void Found(uint64_t number, std::string a, std::string b) {
    found_ = Divergence{number, {before_.begin(), before_.end()}, std::move(a), std::move(b)};
  }

  std::ifstream first_;
  std::deque<std::string> before_;
  std::optional<Divergence> found_;
};

std::string OrEnd(const std::string& event) {
  return event.empty() ? "(the run has ended)" : event;
}

}  // namespace

std::string Divergence::ToString() const {
  return absl::StrCat("the first event that differs is ", event, ": ", OrEnd(a), " against ",
                      OrEnd(b));
}

Comparison Compare(const Side& a, const Side& b, Scratch& scratch) {
  const std::string path = absl::StrCat(scratch.root(), "/events-", getpid());
  Comparison out;
  {
    std::ofstream file(path, std::ios::trunc);
    out.a = RunSide(a, scratch, [&file](const sim::TraceRecord& record) {
      file << sim::ToJson(record) << '\n';
    });
    KONSUL_CHECK(file.flush(), "cannot write ", path);
  }
  Follower follower(path);
  out.b = RunSide(b, scratch, [&follower](const sim::TraceRecord& record) {
    follower.OnEvent(record.number, sim::ToJson(record));
  });
  out.divergence = follower.Finish(out.b.events);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  return out;
}

}  // namespace konsul::simulator
