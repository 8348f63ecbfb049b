// Files and names at their edges: what is refused and how, what open handles go on seeing, what an
// error leaves.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

using env::OpenMode;
using ::testing::ElementsAre;

class FileEdgeContract : public Contract {
 protected:
  void Run(const Body& body) { world().Run(body); }
  static void Put(env::Env& env, const std::string& path, const std::string& bytes) {
    const auto file = MustOpen(env, path, OpenMode::kCreate);
    EXPECT_TRUE(file->Truncate(0).ok());
    EXPECT_TRUE(file->WriteAt(0, bytes).ok());
  }
  static std::string Get(env::Env& env, const std::string& path) {
    return MustRead(*MustOpen(env, path, OpenMode::kRead), 0, 1000);
  }
};
KONSUL_CONTRACT(FileEdgeContract);

TEST_P(FileEdgeContract, AReplacedFileLivesOnInItsHandle) {
  Run([](env::Env& env) {
    Put(env, "old", "old bytes");
    Put(env, "new", "new");
    const auto old = MustOpen(env, "old", OpenMode::kReadWrite);
    const auto renamed = MustOpen(env, "new", OpenMode::kReadWrite);
    EXPECT_TRUE(env.disk.Rename("new", "old").ok());
    EXPECT_EQ(MustRead(*old, 0, 100), "old bytes");
    EXPECT_TRUE(old->WriteAt(0, "OLD").ok());
    EXPECT_TRUE(old->Sync().ok());
    EXPECT_EQ(MustRead(*old, 0, 100), "OLD bytes");
    EXPECT_EQ(MustRead(*renamed, 0, 100), "new");
    EXPECT_TRUE(renamed->WriteAt(3, "er").ok());
    EXPECT_EQ(Get(env, "old"), "newer");
    EXPECT_EQ(env.disk.Exists("new").value(), false);
  });
}

TEST_P(FileEdgeContract, ARemovedNameCanBeTakenAgain) {
  Run([](env::Env& env) {
    Put(env, "f", "first");
    const auto first = MustOpen(env, "f", OpenMode::kReadWrite);
    EXPECT_TRUE(env.disk.Remove("f").ok());
    EXPECT_TRUE(absl::IsNotFound(env.disk.Open("f", OpenMode::kReadWrite).status()));
    const auto second = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_EQ(second->Size().value(), 0u);
    EXPECT_TRUE(second->WriteAt(0, "2").ok());
    EXPECT_TRUE(first->WriteAt(5, "!").ok());
    EXPECT_EQ(MustRead(*first, 0, 100), "first!");
    EXPECT_EQ(Get(env, "f"), "2");
    EXPECT_TRUE(absl::IsAlreadyExists(env.disk.Open("f", OpenMode::kCreateNew).status()));
  });
}

TEST_P(FileEdgeContract, RenamesThatMakeNoSenseAreRefused) {
  Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("d/e").ok());
    EXPECT_TRUE(env.disk.CreateDir("empty").ok());
    Put(env, "f", "bytes");
    EXPECT_TRUE(env.disk.Rename("f", "f").ok());
    EXPECT_EQ(Get(env, "f"), "bytes");
    EXPECT_TRUE(absl::IsNotFound(env.disk.Rename("none", "f")));
    EXPECT_TRUE(absl::IsNotFound(env.disk.Rename("f", "none/f")));
    const absl::Status over_directory = env.disk.Rename("f", "d");
    EXPECT_TRUE(absl::IsFailedPrecondition(over_directory)) << over_directory;
    const absl::Status over_file = env.disk.Rename("empty", "f");
    EXPECT_TRUE(absl::IsFailedPrecondition(over_file)) << over_file;
    const absl::Status over_full = env.disk.Rename("empty", "d");
    EXPECT_TRUE(absl::IsFailedPrecondition(over_full)) << over_full;
    const absl::Status into_itself = env.disk.Rename("d", "d/e/d");
    EXPECT_TRUE(absl::IsInvalidArgument(into_itself)) << into_itself;
    EXPECT_THAT(env.disk.List("").value(), ElementsAre("d", "empty", "f"));
    EXPECT_TRUE(env.disk.Rename("d/e", "empty").ok());
    EXPECT_THAT(env.disk.List("").value(), ElementsAre("d", "empty", "f"));
  });
}

TEST_P(FileEdgeContract, ARenamedDirectoryTakesItsFilesAlong) {
  Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("d").ok());
    Put(env, "d/f", "bytes");
    const auto file = MustOpen(env, "d/f", OpenMode::kReadWrite);
    EXPECT_TRUE(env.disk.Rename("d", "e").ok());
    EXPECT_TRUE(file->WriteAt(0, "B").ok());
    EXPECT_EQ(Get(env, "e/f"), "Bytes");
    EXPECT_TRUE(absl::IsNotFound(env.disk.List("d").status()));
    EXPECT_TRUE(env.disk.SyncDir("").ok());
    EXPECT_TRUE(env.disk.SyncDir("e").ok());
  });
}

TEST_P(FileEdgeContract, MissingAndWrongKindsAreToldApart) {
  Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("d").ok());
    Put(env, "d/x", "");
    Put(env, "f", "");
    const auto code = [](const absl::Status& status) {
      return absl::StatusCodeToString(status.code());
    };
    EXPECT_EQ(code(env.disk.SyncDir("none")), "NOT_FOUND");
    EXPECT_EQ(code(env.disk.SyncDir("none/deeper")), "NOT_FOUND");
    EXPECT_EQ(code(env.disk.SyncDir("f")), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.List("none").status()), "NOT_FOUND");
    EXPECT_EQ(code(env.disk.List("f").status()), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Open("d", OpenMode::kRead).status()), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Open("d", OpenMode::kCreate).status()), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Open("f/x", OpenMode::kCreate).status()), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Open("f/x", OpenMode::kRead).status()), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Open("none/x", OpenMode::kCreate).status()), "NOT_FOUND");
    EXPECT_EQ(code(env.disk.Remove("none")), "NOT_FOUND");
    EXPECT_EQ(code(env.disk.Remove("f/x")), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Remove("d")), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.CreateDir("f")), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.CreateDir("f/d")), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Rename("f/x", "g")), "FAILED_PRECONDITION");
    EXPECT_EQ(code(env.disk.Rename("d/x", "f/x")), "FAILED_PRECONDITION");
    EXPECT_EQ(env.disk.Exists("none").value(), false);
    EXPECT_EQ(env.disk.Exists("none/x").value(), false);
    EXPECT_EQ(env.disk.Exists("d").value(), true);
  });
}

TEST_P(FileEdgeContract, PathsStayBelowTheRoot) {
  Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("a").ok());
    for (const char* path :
         {"", "/etc/passwd", "../x", "a/../../x", "a/../x", "a//b", "./a", "a/", "a/.", ".."}) {
      const absl::Status status = env.disk.Open(path, OpenMode::kCreate).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << "'" << path << "': " << status;
      const absl::Status removed = env.disk.Remove(path);
      EXPECT_TRUE(absl::IsInvalidArgument(removed)) << "'" << path << "': " << removed;
    }
    EXPECT_THAT(env.disk.List("").value(), ElementsAre("a"));
  });
}

TEST_P(FileEdgeContract, AHandleForReadingTakesNoChange) {
  Run([](env::Env& env) {
    Put(env, "f", "bytes");
    const auto file = MustOpen(env, "f", OpenMode::kRead);
    EXPECT_TRUE(absl::IsPermissionDenied(file->WriteAt(0, "x")));
    EXPECT_TRUE(absl::IsPermissionDenied(file->Truncate(0)));
    EXPECT_TRUE(absl::IsPermissionDenied(file->Allocate(100)));
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_EQ(MustRead(*file, 0, 10), "bytes");
  });
}

TEST_P(FileEdgeContract, ReadingAtAndBehindTheEnd) {
  Run([](env::Env& env) {
    Put(env, "f", "bytes");
    const auto file = MustOpen(env, "f", OpenMode::kReadWrite);
    EXPECT_EQ(MustRead(*file, 5, 10), "");
    EXPECT_EQ(MustRead(*file, 1ull << 40, 10), "");
    EXPECT_EQ(MustRead(*file, 0, 0), "");
    EXPECT_TRUE(file->WriteAt(20, "x").ok());
    EXPECT_EQ(MustRead(*file, 3, 100), std::string("es") + std::string(15, '\0') + "x");
    EXPECT_EQ(file->Size().value(), 21u);
  });
}

TEST_P(FileEdgeContract, ATruncatedFileForgetsWhatItCut) {
  Run([](env::Env& env) {
    Put(env, "f", std::string(10'000, 'x'));
    const auto file = MustOpen(env, "f", OpenMode::kReadWrite);
    const auto reader = MustOpen(env, "f", OpenMode::kRead);
    EXPECT_TRUE(file->Truncate(700).ok());
    EXPECT_EQ(MustRead(*reader, 0, 20'000), std::string(700, 'x'));
    EXPECT_EQ(reader->Size().value(), 700u);
    EXPECT_TRUE(file->Truncate(5000).ok());
    EXPECT_EQ(MustRead(*reader, 0, 20'000), std::string(700, 'x') + std::string(4300, '\0'));
    EXPECT_TRUE(file->Truncate(700).ok());
    EXPECT_TRUE(file->WriteAt(2000, "y").ok());
    EXPECT_EQ(MustRead(*reader, 600, 20'000),
              std::string(100, 'x') + std::string(1300, '\0') + "y");
  });
}

TEST_P(FileEdgeContract, AllocateNeverMakesAFileSmaller) {
  Run([](env::Env& env) {
    Put(env, "f", std::string(1000, 'x'));
    const auto file = MustOpen(env, "f", OpenMode::kReadWrite);
    const absl::Status smaller = file->Allocate(999);
    EXPECT_TRUE(absl::IsInvalidArgument(smaller)) << smaller;
    EXPECT_TRUE(file->Allocate(1000).ok());
    EXPECT_EQ(file->Size().value(), 1000u);
  });
}

TEST_P(FileEdgeContract, NamesAreListedByTheirBytes) {
  Run([](env::Env& env) {
    for (const char* name : {"b", "B", "a.b", "a-b", "10", "9", "a", "\xc3\xa4"}) {
      Put(env, name, "");
    }
    EXPECT_THAT(env.disk.List("").value(),
                ElementsAre("10", "9", "B", "a", "a-b", "a.b", "b", "\xc3\xa4"));
  });
}

TEST_P(FileEdgeContract, AWriteThatDoesNotFitHasWrittenWhatDid) {
  Run([&](env::Env& env) {
    Put(env, "f", "kept");
    const auto file = MustOpen(env, "f", OpenMode::kReadWrite);
    world().LimitSpace(0, 100'000);
    const absl::Status write = file->WriteAt(90'000, Pattern(20'000));
    const absl::Status allocate = file->Allocate(300'000);
    const absl::Status behind = file->WriteAt(100'000, "x");
    const absl::Status inside = file->WriteAt(2, "PT");
    world().LimitSpace(0, std::nullopt);
    EXPECT_TRUE(absl::IsResourceExhausted(write)) << write;
    EXPECT_TRUE(absl::IsResourceExhausted(allocate)) << allocate;
    EXPECT_TRUE(absl::IsResourceExhausted(behind)) << behind;
    EXPECT_TRUE(inside.ok()) << inside;
    EXPECT_EQ(file->Size().value(), 100'000u);
    EXPECT_TRUE(MustRead(*file, 90'000, 20'000) == Pattern(20'000).substr(0, 10'000));
    EXPECT_EQ(MustRead(*file, 0, 6), std::string("kePT\0\0", 6));
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_TRUE(file->Truncate(4).ok());
    EXPECT_TRUE(file->WriteAt(4, Pattern(200'000)).ok());
  });
}

// What the file system does not tell twice, nobody may forget: the error comes once, the bytes are
// shown as if nothing had been, and the next Sync says OK.
TEST_P(FileEdgeContract, AFailedSyncIsToldOnceAndLooksLikeNothing) {
  Run([&](env::Env& env) {
    Put(env, "f", "bytes");
    const auto file = MustOpen(env, "f", OpenMode::kReadWrite);
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_TRUE(file->WriteAt(0, "B").ok());
    world().FailNextSync(0);
    const absl::Status failed = file->Sync();
    EXPECT_TRUE(absl::IsUnavailable(failed)) << failed;
    EXPECT_EQ(MustRead(*file, 0, 10), "Bytes");
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_TRUE(file->WriteAt(0, "bY").ok());
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_EQ(Get(env, "f"), "bYtes");
  });
}

}  // namespace
}  // namespace konsul::contract
