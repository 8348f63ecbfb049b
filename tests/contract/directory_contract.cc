// Names: directories, renaming, removing, listing.
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class DirectoryContract : public Contract {};
KONSUL_CONTRACT(DirectoryContract);

using env::OpenMode;
using Names = std::vector<std::string>;

void Put(env::Env& env, const std::string& path, const std::string& text) {
  const auto file = MustOpen(env, path, OpenMode::kCreate);
  EXPECT_TRUE(file->Truncate(0).ok());
  EXPECT_TRUE(file->WriteAt(0, text).ok());
}

std::string Get(env::Env& env, const std::string& path) {
  return MustRead(*MustOpen(env, path, OpenMode::kRead), 0, 1000);
}

TEST_P(DirectoryContract, AFreshDiskIsEmpty) {
  world().Run([](env::Env& env) {
    EXPECT_EQ(env.disk.List("").value(), Names{});
    EXPECT_TRUE(env.disk.SyncDir("").ok());
    EXPECT_FALSE(env.disk.root().empty());
  });
}

TEST_P(DirectoryContract, ListIsSortedAndOfOneLevel) {
  world().Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("d/e").ok());
    for (const char* path : {"d/b", "d/a", "d/c10", "d/c9", "d/Z", "d/e/deep", "top"}) {
      Put(env, path, "x");
    }
    EXPECT_EQ(env.disk.List("d").value(), (Names{"Z", "a", "b", "c10", "c9", "e"}));
    EXPECT_EQ(env.disk.List("d/e").value(), (Names{"deep"}));
    EXPECT_EQ(env.disk.List("").value(), (Names{"d", "top"}));
    EXPECT_TRUE(absl::IsNotFound(env.disk.List("none").status()));
  });
}

TEST_P(DirectoryContract, CreateDirMakesParentsAndMayBeRepeated) {
  world().Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("a/b/c").ok());
    EXPECT_TRUE(env.disk.CreateDir("a/b/c").ok());
    EXPECT_TRUE(env.disk.CreateDir("a").ok());
    EXPECT_EQ(env.disk.List("a").value(), (Names{"b"}));
    EXPECT_EQ(env.disk.List("a/b/c").value(), Names{});
    EXPECT_TRUE(env.disk.Exists("a/b").value());
    EXPECT_FALSE(env.disk.Exists("a/c").value());
    EXPECT_FALSE(env.disk.Exists("x/y/z").value());
    EXPECT_TRUE(env.disk.SyncDir("a/b").ok());
  });
}

TEST_P(DirectoryContract, RenameMovesAndReplaces) {
  world().Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("d").ok());
    Put(env, "old", "old");
    Put(env, "d/new", "new");
    EXPECT_TRUE(env.disk.Rename("d/new", "old").ok());
    EXPECT_EQ(Get(env, "old"), "new");
    EXPECT_FALSE(env.disk.Exists("d/new").value());
    EXPECT_TRUE(env.disk.Rename("old", "d/fresh").ok());
    EXPECT_EQ(Get(env, "d/fresh"), "new");
    EXPECT_EQ(env.disk.List("").value(), (Names{"d"}));
    EXPECT_TRUE(absl::IsNotFound(env.disk.Rename("none", "x")));
    EXPECT_TRUE(absl::IsNotFound(env.disk.Rename("d/fresh", "none/x")));
  });
}

TEST_P(DirectoryContract, AnOpenFileFollowsItsRename) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "tmp", OpenMode::kCreateNew);
    EXPECT_TRUE(file->WriteAt(0, "before").ok());
    EXPECT_TRUE(env.disk.Rename("tmp", "final").ok());
    EXPECT_TRUE(file->WriteAt(6, " after").ok());
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_EQ(Get(env, "final"), "before after");
  });
}

TEST_P(DirectoryContract, AnOpenFileOutlivesItsName) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_TRUE(file->WriteAt(0, "still here").ok());
    EXPECT_TRUE(env.disk.Remove("f").ok());
    Put(env, "f", "another");
    EXPECT_EQ(MustRead(*file, 0, 100), "still here");
    EXPECT_EQ(Get(env, "f"), "another");
  });
}

TEST_P(DirectoryContract, TwoHandlesSeeOneFile) {
  world().Run([](env::Env& env) {
    const auto writer = MustOpen(env, "f", OpenMode::kCreateNew);
    const auto reader = MustOpen(env, "f", OpenMode::kRead);
    EXPECT_TRUE(writer->WriteAt(0, "shared").ok());
    EXPECT_EQ(MustRead(*reader, 0, 100), "shared");
  });
}

TEST_P(DirectoryContract, RemoveRemovesOnce) {
  world().Run([](env::Env& env) {
    Put(env, "f", "x");
    EXPECT_TRUE(env.disk.Remove("f").ok());
    EXPECT_TRUE(absl::IsNotFound(env.disk.Remove("f")));
    EXPECT_FALSE(env.disk.Exists("f").value());
    EXPECT_EQ(env.disk.List("").value(), Names{});
  });
}

}  // namespace
}  // namespace konsul::contract
