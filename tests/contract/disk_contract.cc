// Files: contents and sizes. What a power loss leaves is not here: no test can pull the real plug.
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class DiskContract : public Contract {};
KONSUL_CONTRACT(DiskContract);

using env::OpenMode;

TEST_P(DiskContract, ReadsItsOwnWrites) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_EQ(file->Size().value(), 0u);
    EXPECT_TRUE(file->WriteAt(0, "hello world").ok());
    EXPECT_TRUE(file->WriteAt(6, "earth").ok());
    EXPECT_EQ(MustRead(*file, 0, 11), "hello earth");
    EXPECT_EQ(file->Size().value(), 11u);
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_EQ(MustRead(*file, 0, 11), "hello earth");
  });
}

TEST_P(DiskContract, AReadIsShortOnlyAtTheEnd) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_EQ(MustRead(*file, 0, 10), "");
    EXPECT_TRUE(file->WriteAt(0, "abcdef").ok());
    EXPECT_EQ(MustRead(*file, 0, 6), "abcdef");
    EXPECT_EQ(MustRead(*file, 4, 10), "ef");
    EXPECT_EQ(MustRead(*file, 6, 10), "");
    EXPECT_EQ(MustRead(*file, 1'000'000, 10), "");
    EXPECT_EQ(MustRead(*file, 2, 0), "");
  });
}

TEST_P(DiskContract, AGapReadsAsZeros) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_TRUE(file->WriteAt(0, "a").ok());
    EXPECT_TRUE(file->WriteAt(10'000, "b").ok());
    EXPECT_EQ(file->Size().value(), 10'001u);
    EXPECT_EQ(MustRead(*file, 0, 20'000), "a" + std::string(9'999, '\0') + "b");
  });
}

TEST_P(DiskContract, AnEmptyWriteChangesNothing) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_TRUE(file->WriteAt(100, "").ok());
    EXPECT_EQ(file->Size().value(), 0u);
  });
}

TEST_P(DiskContract, TruncateShrinksAndGrowsWithZeros) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_TRUE(file->WriteAt(0, "abcdef").ok());
    EXPECT_TRUE(file->Truncate(3).ok());
    EXPECT_EQ(MustRead(*file, 0, 10), "abc");
    EXPECT_TRUE(file->Truncate(6).ok());
    EXPECT_EQ(MustRead(*file, 0, 10), std::string("abc\0\0\0", 6));
    EXPECT_TRUE(file->Truncate(0).ok());
    EXPECT_EQ(file->Size().value(), 0u);
  });
}

TEST_P(DiskContract, AllocateKeepsTheOldPartAndAddsZeros) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    EXPECT_TRUE(file->Allocate(100'000).ok());
    EXPECT_EQ(file->Size().value(), 100'000u);
    EXPECT_TRUE(MustRead(*file, 0, 200'000) == std::string(100'000, '\0'));
    EXPECT_TRUE(file->WriteAt(5, "kept").ok());
    EXPECT_TRUE(file->Allocate(100'000).ok());
    EXPECT_TRUE(file->Allocate(3 << 20).ok());
    EXPECT_EQ(file->Size().value(), 3u << 20);
    EXPECT_EQ(MustRead(*file, 4, 6), std::string("\0kept\0", 6));
    EXPECT_TRUE(MustRead(*file, 100'000, 3 << 20) == std::string((3 << 20) - 100'000, '\0'));
  });
}

TEST_P(DiskContract, LargeFiles) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    const std::string big = Pattern(10 << 20);
    EXPECT_TRUE(file->WriteAt(0, big).ok());
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_TRUE(MustRead(*file, 0, big.size()) == big);
    EXPECT_TRUE(MustRead(*file, 5'000'001, 100) == big.substr(5'000'001, 100));
  });
}

TEST_P(DiskContract, ReadsMayOverlap) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    const std::string bytes = Pattern(1 << 20);
    EXPECT_TRUE(file->WriteAt(0, bytes).ok());
    fiber::Group group(env.scheduler);
    for (size_t i = 0; i < 50; ++i) {
      group.Spawn("reader", [&, i] {
        const size_t size = i % 2 == 0 ? 100'000 : 1'000;
        EXPECT_TRUE(MustRead(*file, i * 17'000, size) == bytes.substr(i * 17'000, size));
      });
    }
    group.Join();
  });
}

TEST_P(DiskContract, FilesAreWorkedOnAtTheSameTime) {
  world().Run([](env::Env& env) {
    fiber::Group group(env.scheduler);
    for (uint64_t i = 0; i < 20; ++i) {
      group.Spawn("writer", [&, i] {
        const auto file = MustOpen(env, "f" + std::to_string(i), OpenMode::kCreateNew);
        for (uint64_t part = 0; part < 5; ++part) {
          EXPECT_TRUE(file->WriteAt(part * 3000, Pattern(3000, i * 10 + part)).ok());
          EXPECT_TRUE(file->Sync().ok());
        }
        for (uint64_t part = 0; part < 5; ++part) {
          EXPECT_TRUE(MustRead(*file, part * 3000, 3000) == Pattern(3000, i * 10 + part));
        }
      });
    }
    group.Join();
    EXPECT_EQ(env.disk.List("").value().size(), 20u);
  });
}

TEST_P(DiskContract, OpenModes) {
  world().Run([](env::Env& env) {
    EXPECT_TRUE(absl::IsNotFound(env.disk.Open("f", OpenMode::kRead).status()));
    EXPECT_TRUE(absl::IsNotFound(env.disk.Open("f", OpenMode::kReadWrite).status()));
    EXPECT_TRUE(absl::IsNotFound(env.disk.Open("none/f", OpenMode::kCreate).status()));
    EXPECT_FALSE(env.disk.Exists("f").value());
    EXPECT_TRUE(MustOpen(env, "f", OpenMode::kCreate)->WriteAt(0, "kept").ok());
    EXPECT_TRUE(env.disk.Exists("f").value());
    EXPECT_TRUE(absl::IsAlreadyExists(env.disk.Open("f", OpenMode::kCreateNew).status()));
    EXPECT_EQ(MustRead(*MustOpen(env, "f", OpenMode::kCreate), 0, 10), "kept");
    EXPECT_TRUE(MustOpen(env, "f", OpenMode::kReadWrite)->WriteAt(0, "K").ok());
    EXPECT_EQ(MustRead(*MustOpen(env, "f", OpenMode::kRead), 0, 10), "Kept");
    EXPECT_FALSE(MustOpen(env, "f", OpenMode::kRead)->WriteAt(0, "x").ok());
  });
}

TEST_P(DiskContract, MessagesNameThePath) {
  world().Run([](env::Env& env) {
    for (const absl::Status& status :
         {env.disk.Open("some/where", OpenMode::kRead).status(), env.disk.Remove("some/where"),
          env.disk.Rename("some/where", "else"), env.disk.List("some/where").status(),
          env.disk.SyncDir("some/where")}) {
      EXPECT_TRUE(absl::IsNotFound(status)) << status;
      EXPECT_NE(status.message().find("some/where"), absl::string_view::npos) << status;
    }
  });
}

TEST_P(DiskContract, WhatWasWrittenSurvivesTheProcess) {
  world().Run([](env::Env& env) {
    EXPECT_TRUE(env.disk.CreateDir("d").ok());
    const auto file = MustOpen(env, "d/f", OpenMode::kCreateNew);
    EXPECT_TRUE(file->WriteAt(0, "synced").ok());
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_TRUE(env.disk.SyncDir("d").ok());
    EXPECT_TRUE(file->WriteAt(6, " and not").ok());
    EXPECT_TRUE(MustOpen(env, "g", OpenMode::kCreateNew)->WriteAt(0, "g").ok());
    EXPECT_TRUE(env.disk.Rename("g", "h").ok());
  });
  world().RestartProcess(0);
  world().Run([](env::Env& env) {
    EXPECT_EQ(MustRead(*MustOpen(env, "d/f", OpenMode::kRead), 0, 100), "synced and not");
    EXPECT_EQ(MustRead(*MustOpen(env, "h", OpenMode::kRead), 0, 100), "g");
    EXPECT_EQ(env.disk.List("").value(), (std::vector<std::string>{"d", "h"}));
  });
}

TEST_P(DiskContract, HostsHaveDisksOfTheirOwn) {
  world().RunHosts({[](env::Env& env) { MustOpen(env, "f", OpenMode::kCreateNew); },
                    [](env::Env& env) { MustOpen(env, "f", OpenMode::kCreateNew); }});
}

TEST_P(DiskContract, ACancelledFiberStartsNoMoreWork) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    fiber::Group group(env.scheduler);
    group.Spawn("cancelled", [&] {
      EXPECT_TRUE(absl::IsCancelled(env.Sleep(1h)));
      char byte = 0;
      EXPECT_TRUE(absl::IsCancelled(file->WriteAt(0, "x")));
      EXPECT_TRUE(absl::IsCancelled(file->Sync()));
      EXPECT_TRUE(absl::IsCancelled(file->Truncate(7)));
      EXPECT_TRUE(absl::IsCancelled(file->Allocate(7)));
      EXPECT_TRUE(absl::IsCancelled(file->ReadAt(0, absl::MakeSpan(&byte, 1)).status()));
      EXPECT_TRUE(absl::IsCancelled(env.disk.Remove("f")));
      EXPECT_TRUE(absl::IsCancelled(env.disk.Open("g", OpenMode::kCreate).status()));
    });
    EXPECT_TRUE(env.Sleep(1ms).ok());
    group.Cancel();
    group.Join();
    EXPECT_EQ(env.disk.List("").value(), (std::vector<std::string>{"f"}));
    EXPECT_EQ(file->Size().value(), 0u);
  });
}

TEST_P(DiskContract, CancellationDuringWorkLeavesBuffersAlone) {
  world().Run([](env::Env& env) {
    const auto file = MustOpen(env, "f", OpenMode::kCreateNew);
    fiber::Group group(env.scheduler);
    group.Spawn("writer", [&] {
      const std::string data = Pattern(8 << 20);
      for (uint64_t i = 0; file->WriteAt(i, data).ok() && file->Sync().ok(); ++i) {
      }
    });
    EXPECT_TRUE(env.Sleep(3ms).ok());
    group.Cancel();
    group.Join();
    EXPECT_TRUE(file->WriteAt(0, "usable").ok());
    EXPECT_EQ(MustRead(*file, 0, 6), "usable");
  });
}

}  // namespace
}  // namespace konsul::contract
