// Random file operations against the dumbest possible disk: a map from path to bytes.
#include <map>

#include "absl/strings/str_cat.h"
#include "rapidcheck.h"
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class DiskModelContract : public Contract {};
KONSUL_CONTRACT(DiskModelContract);

enum class Kind {
  kCreate,
  kCreateNew,
  kWrite,
  kRead,
  kTruncate,
  kAllocate,
  kSync,
  kRename,
  kRemove,
  kList,
  kRestart,
  kCount,
};

struct Step {
  Kind kind;
  std::string path;
  std::string other;
  uint64_t offset;
  size_t size;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{" << static_cast<int>(step.kind) << " " << step.path << " " << step.other << " @"
             << step.offset << "+" << step.size << "}";
}

rc::Gen<Step> AnyStep() {
  const auto path = rc::gen::element<std::string>("a", "b", "d/a", "d/b", "none/a");
  return rc::gen::build<Step>(rc::gen::set(&Step::kind, rc::gen::cast<Kind>(rc::gen::inRange(
                                                            0, static_cast<int>(Kind::kCount)))),
                              rc::gen::set(&Step::path, path), rc::gen::set(&Step::other, path),
                              rc::gen::set(&Step::offset, rc::gen::inRange<uint64_t>(0, 10'000)),
                              rc::gen::set(&Step::size, rc::gen::inRange<size_t>(0, 10'000)));
}

// The model, and what it expects of each call as a line of text.
class Model {
 public:
  std::string Do(const Step& s) {
    const auto file = files_.find(s.path);
    const bool there = file != files_.end();
    switch (s.kind) {
      case Kind::kCreate:
        return HasParent(s.path) ? (files_[s.path], "OK") : "NOT_FOUND";
      case Kind::kCreateNew:
        if (there) return "ALREADY_EXISTS";
        return HasParent(s.path) ? (files_[s.path], "OK") : "NOT_FOUND";
      case Kind::kWrite:
        if (!there) return "NOT_FOUND";
        if (s.size == 0) return "OK";
        Grow(file->second, s.offset + s.size);
        file->second.replace(s.offset, s.size, Pattern(s.size, s.offset));
        return "OK";
      case Kind::kRead:
        if (!there) return "NOT_FOUND";
        if (s.offset >= file->second.size()) return Bytes(file->second.size(), "");
        return Bytes(file->second.size(), file->second.substr(s.offset, s.size));
      case Kind::kTruncate:
        if (!there) return "NOT_FOUND";
        file->second.resize(s.size, '\0');
        return "OK";
      case Kind::kAllocate:  // never smaller: that is what Truncate is for
        if (!there) return "NOT_FOUND";
        Grow(file->second, file->second.size() + s.size);
        return "OK";
      case Kind::kSync:
        return there ? "OK" : "NOT_FOUND";
      case Kind::kRename: {
        if (!there || !HasParent(s.other)) return "NOT_FOUND";
        const std::string bytes = file->second;
        files_.erase(file);
        files_[s.other] = bytes;
        return "OK";
      }
      case Kind::kRemove:
        return files_.erase(s.path) == 1 ? "OK" : "NOT_FOUND";
      case Kind::kList: {
        std::string names;
        for (const auto& [path, bytes] : files_) {
          if (path[0] == 'd') absl::StrAppend(&names, path.substr(2), " ");
        }
        return names;
      }
      default:
        return "";
    }
  }

  static std::string Bytes(uint64_t file_size, const std::string& bytes) {
    return absl::StrCat(file_size, ":", bytes.size(), ":", HashContent(bytes, 0));
  }

 private:
  static bool HasParent(const std::string& path) { return path.substr(0, 4) != "none"; }
  static void Grow(std::string& bytes, size_t size) {
    if (bytes.size() < size) bytes.resize(size, '\0');
  }

  std::map<std::string, std::string> files_;
};

std::string Code(const absl::Status& status) { return absl::StatusCodeToString(status.code()); }

// The same step on a real or simulated disk, each on a handle of its own.
std::string DoOnFile(env::File& file, const Step& s) {
  switch (s.kind) {
    case Kind::kWrite:
      return Code(file.WriteAt(s.offset, Pattern(s.size, s.offset)));
    case Kind::kRead:
      return Model::Bytes(file.Size().value(), MustRead(file, s.offset, s.size));
    case Kind::kTruncate:
      return Code(file.Truncate(s.size));
    case Kind::kAllocate:
      return Code(file.Allocate(file.Size().value() + s.size));
    default:
      return Code(file.Sync());
  }
}

std::string Do(env::Env& env, const Step& s) {
  switch (s.kind) {
    case Kind::kCreate:
      return Code(env.disk.Open(s.path, env::OpenMode::kCreate).status());
    case Kind::kCreateNew:
      return Code(env.disk.Open(s.path, env::OpenMode::kCreateNew).status());
    case Kind::kRename:
      return Code(env.disk.Rename(s.path, s.other));
    case Kind::kRemove:
      return Code(env.disk.Remove(s.path));
    case Kind::kList: {
      std::string names;
      const auto listed = env.disk.List("d");
      for (const std::string& name : listed.value()) {
        absl::StrAppend(&names, name, " ");
      }
      return names;
    }
    default: {
      const auto file = env.disk.Open(s.path, env::OpenMode::kReadWrite);
      return file.ok() ? DoOnFile(**file, s) : Code(file.status());
    }
  }
}

TEST_P(DiskModelContract, BehavesLikeAMapOfBytes) {
  const bool held = rc::check([] {
    const auto steps = *rc::gen::container<std::vector<Step>>(AnyStep());
    const std::unique_ptr<ContractWorld> world = GetParam().make();
    Model model;
    std::string difference;
    size_t next = 0;
    world->Run([](env::Env& env) { EXPECT_TRUE(env.disk.CreateDir("d").ok()); });
    while (next < steps.size() && difference.empty()) {
      world->Run([&](env::Env& env) {
        for (; next < steps.size() && difference.empty(); ++next) {
          const Step& step = steps[next];
          if (step.kind == Kind::kRestart) break;
          const std::string expected = model.Do(step);
          const std::string got = Do(env, step);
          if (got != expected) {
            difference = absl::StrCat("step ", next, ": ", got, ", expected ", expected);
          }
        }
      });
      if (next < steps.size() && difference.empty()) {
        world->RestartProcess(0);
        ++next;
      }
    }
    if (!difference.empty()) RC_FAIL(difference);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace konsul::contract
