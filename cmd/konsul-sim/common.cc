#include "cmd/konsul-sim/common.h"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "chaos/parse.h"
#include "cmd/flags/nearest.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "sim/scenarios/scenarios.h"

namespace konsul::simulator {
namespace {

namespace fs = std::filesystem;

std::string& ScratchRoot() {
  static auto* const root = new std::string();
  return *root;
}

constexpr absl::string_view kUnchecked = "unchecked";

// The planted bug, and whether the checks are off.
std::pair<std::string, bool> ParseMutant(const std::string& text) {
  if (text == kUnchecked) return {"", true};
  absl::string_view name = text;
  const bool off = absl::ConsumeSuffix(&name, kUnchecked) && absl::ConsumeSuffix(&name, "+");
  return {off ? std::string(name) : text, off};
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path, ": ", strerror(errno)));
  }
  return text.str();
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", strerror(errno)));
}

absl::StatusOr<Scenario> LoadScenario(const std::string& name) {
  Scenario out;
  out.argument = name.empty() ? "default" : name;
  std::error_code error;
  if (fs::is_regular_file(out.argument, error)) {
    KONSUL_ASSIGN_OR_RETURN(out.text, ReadFile(out.argument));
    KONSUL_ASSIGN_OR_RETURN(out.experiment, chaos::ParseExperiment(out.text, out.argument));
    return out;
  }
  const scenarios::Scenario* scenario = scenarios::Find(out.argument);
  if (scenario == nullptr) {
    std::vector<std::string> names;
    for (const scenarios::Scenario& each : scenarios::All()) names.push_back(each.name);
    return absl::NotFoundError(absl::StrCat(
        "there is no file and no scenario named \"", out.argument, "\"",
        flags::DidYouMean(out.argument, names), "; `konsul-sim scenarios` lists them"));
  }
  out.text = scenario->text;
  KONSUL_ASSIGN_OR_RETURN(out.experiment,
                          chaos::ParseExperiment(scenario->text, scenario->name + ".yaml"));
  return out;
}

std::string Unchecked(const std::string& mutant) {
  return mutant.empty() ? std::string(kUnchecked) : absl::StrCat(mutant, "+", kUnchecked);
}

absl::Status CheckMutant(const std::string& text) {
  if (text.empty()) return absl::OkStatus();
  const auto [name, checks_off] = ParseMutant(text);
  if (!name.empty() && !mutation::ByName(name).has_value()) {
    std::vector<std::string> names = {std::string(kUnchecked)};
    for (const mutation::Named& each : mutation::All()) {
      if (each.mutation != Mutation::kNone) names.emplace_back(each.name);
    }
    return absl::NotFoundError(
        absl::StrCat("there is no mutant \"", name, "\"", flags::DidYouMean(name, names)));
  }
  if (mutation::kCompiledIn) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this build has no planted bugs; configure one with: cmake --preset mutants");
}

absl::Status ActivateMutant(const std::string& text) {
  KONSUL_RETURN_IF_ERROR(CheckMutant(text));
#ifdef KONSUL_MUTANTS
  const auto [name, checks_off] = ParseMutant(text);
  if (!name.empty()) mutation::Activate(*mutation::ByName(name));
  if (checks_off) checks::enabled = false;
#endif
  return absl::OkStatus();
}

absl::Status ReadNumbers(const flags::Parsed& parsed,
                         std::initializer_list<std::pair<const char*, uint64_t*>> numbers) {
  constexpr uint64_t kMost = 1'000'000'000'000;
  for (const auto& [name, value] : numbers) {
    if (!parsed.Has(name)) continue;
    const auto number = flags::ParseNumber(parsed.Get(name), 1, kMost);
    if (!number.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--", name, " must be a whole number from 1, not \"", parsed.Get(name), "\""));
    }
    *value = *number;
  }
  return absl::OkStatus();
}

Scratch::Scratch() {
  std::error_code error;
  const bool shm = access("/dev/shm", W_OK) == 0;
  const fs::path base = shm ? fs::path("/dev/shm") : fs::temp_directory_path(error);
  std::string pattern = (base / "konsul-sim-XXXXXX").string();
  KONSUL_CHECK(mkdtemp(pattern.data()) != nullptr, "cannot make a directory below ", base.string());
  root_ = pattern;
  ScratchRoot() = root_;
}

Scratch::Scratch(const std::string& parent) : root_(absl::StrCat(parent, "/", getpid())) {
  std::error_code error;
  fs::create_directories(root_, error);
  ScratchRoot() = root_;
}

Scratch::~Scratch() {
  std::error_code error;
  fs::remove_all(root_, error);
  ScratchRoot().clear();
}

std::string Scratch::Fresh() {
  std::error_code error;
  fs::remove_all(absl::StrCat(root_, "/", given_), error);
  const std::string path = absl::StrCat(root_, "/", ++given_);
  fs::create_directories(path, error);
  return path;
}

std::string RepeatCommand(const std::string& scenario, uint64_t seed, const std::string& mutant) {
  return absl::StrCat("konsul-sim run ", scenario, " --seed ", seed,
                      mutant.empty() ? "" : absl::StrCat(" --mutant ", mutant));
}

}  // namespace konsul::simulator
