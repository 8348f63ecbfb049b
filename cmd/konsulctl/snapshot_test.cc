// The snapshot commands.
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/ctl_support.h"
#include "cmd/konsulctl/progress.h"
#include "cmd/konsulctl/snapshot_support.h"
#include "cmd/konsulctl/snapshot_text.h"
#include "core/wire/session.h"
#include "gmock/gmock.h"

namespace konsul::ctl {
namespace {

using state::Table;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SnapshotFiles : public CtlTest {
 protected:
  SnapshotFiles() { std::filesystem::create_directory(dir_); }
  ~SnapshotFiles() override { std::filesystem::remove_all(dir_); }

  std::string Put(const std::string& name, const std::string& bytes) {
    const std::string path = (dir_ / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  std::string PutArchive(const std::string& name, const TableContents& contents, uint64_t index) {
    return Put(name, ArchiveBytes(SnapshotBytes(contents, index), index));
  }

  const std::filesystem::path dir_ =
      std::filesystem::path(::testing::TempDir()) / absl::StrCat("snapshots-", getpid());
  const TableContents contents = {
      {{Table::kMeta, "applied"}, "12345678"},
      {{Table::kKv, "app/a/1"}, KvValue("one")},
      {{Table::kKv, "app/a/2"}, KvValue(std::string(3000, 'x'))},
      {{Table::kKv, "app/b"}, KvValue("two")},
      {{Table::kKv, "top"}, KvValue("three")},
      {{Table::kSessions, "0000-1"}, wire::EncodeSession({.id = "0000-1", .node = "n1"})}};
  const std::string snapshot = SnapshotBytes(contents, 42);
  const std::string archive = ArchiveBytes(snapshot, 42);
};

class InspectTest : public SnapshotFiles {};

TEST_F(InspectTest, SaysWhatIsThere) {
  const Outcome outcome = Run({"snapshot", "inspect", Put("a.snap", archive)});
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.out, StartsWith(absl::StrCat("ID       3-42-1700000000000\nSize     ",
                                                   snapshot.size(), "\nIndex    42\n")));
  EXPECT_THAT(outcome.out, HasSubstr("Server   0000000000000007 at 10.0.0.1:8300\n"));
  EXPECT_THAT(outcome.out, HasSubstr("KVS      4      3."));
  EXPECT_THAT(outcome.out, HasSubstr("Session  1 "));
  EXPECT_THAT(outcome.out, Not(HasSubstr("Key Name")));
}

TEST_F(InspectTest, KeysByPrefixBiggestFirst) {
  const std::string path = Put("a.snap", archive);
  const auto names = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> args = {"snapshot", "inspect", "-kvdetails", "-format=json", path};
    args.insert(args.end(), flags.begin(), flags.end());
    const Outcome outcome = Run(args);
    EXPECT_EQ(outcome.error, "");
    std::string found;
    const auto json = boost::json::parse(outcome.out).as_object();
    uint64_t sum = 0;
    for (const auto& stat : json.at("StatsKV").as_array()) {
      absl::StrAppend(&found, stat.at("Name").as_string().c_str(), "=",
                      stat.at("Count").to_number<int>(), " ");
      sum += stat.at("Sum").to_number<uint64_t>();
    }
    EXPECT_EQ(sum, json.at("TotalSizeKV").to_number<uint64_t>());
    return found;
  };
  EXPECT_EQ(names({}), "app/a=2 top=1 app/b=1 ");
  EXPECT_EQ(names({"-kvdepth=1"}), "app=3 top=1 ");
  EXPECT_EQ(names({"-kvdepth", "3"}), "app/a/2=1 top=1 app/a/1=1 app/b=1 ");
  EXPECT_EQ(names({"-kvdepth=0"}), "=4 ");
  EXPECT_EQ(names({"-kvfilter=app/b"}), "app/b=1 ");
  EXPECT_EQ(names({"-kvfilter=none"}), "");
  // A part may be empty.
  PutArchive("a.snap", {{{Table::kKv, "/x/y"}, KvValue("")}, {{Table::kKv, "/x/z"}, KvValue("")}},
             9);
  EXPECT_EQ(names({"-kvdepth=1"}), "=2 ");
  EXPECT_EQ(names({}), "/x=2 ");
}

TEST_F(InspectTest, JsonHasConsulsFieldsAndMore) {
  const Outcome outcome = Run({"snapshot", "inspect", "-format=json", Put("a.snap", archive)});
  const auto json = boost::json::parse(outcome.out).as_object();
  const auto& meta = json.at("Meta").as_object();
  EXPECT_EQ(meta.at("ID").as_string(), "3-42-1700000000000");
  EXPECT_EQ(meta.at("Size").to_number<uint64_t>(), snapshot.size());
  EXPECT_EQ(meta.at("Index").to_number<int>(), 42);
  EXPECT_EQ(meta.at("Servers").at(0).at("Address").as_string(), "10.0.0.1:8300");
  EXPECT_EQ(json.at("Stats").at(0).at("Name").as_string(), "KVS");
  EXPECT_EQ(json.at("Stats").at(0).at("Count").to_number<int>(), 4);
  EXPECT_FALSE(json.contains("StatsKV"));
}

TEST_F(InspectTest, ABareSnapshotWillDo) {
  const Outcome outcome = Run({"snapshot", "inspect", Put("bare", snapshot)});
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.out, HasSubstr("Index    42\n"));
  const Outcome cut = Run({"snapshot", "inspect", Put("bare", snapshot.substr(0, 400))});
  EXPECT_THAT(cut.error, HasSubstr("bare: the snapshot is damaged at offset "));
}

// Every byte: an error that names the file, and nothing on standard output.
TEST_F(InspectTest, ADamagedOneIsRefused) {
  size_t refused = 0;
  for (size_t at = 0; at < archive.size(); at += 3) {
    std::string bad = archive;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    const std::string path = Put("bad.snap", bad);
    const Outcome outcome = Run({"snapshot", "inspect", path});
    if (outcome.error.empty()) {
      EXPECT_LT(at, 12u) << "the header of gzip has bytes without meaning";
      continue;
    }
    ++refused;
    EXPECT_EQ(outcome.code, kExitFailure);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.error, StartsWith("Error! " + path));
  }
  EXPECT_GT(refused, archive.size() / 3 - 10);
  const auto error_of = [&](const std::string& bytes) {
    return Run({"snapshot", "inspect", Put("bad.snap", bytes)}).error;
  };
  EXPECT_THAT(error_of(archive.substr(0, archive.size() / 2)), HasSubstr("cut short"));
  EXPECT_THAT(error_of(archive.substr(0, archive.size() - 1)), HasSubstr("cut short"));
  EXPECT_THAT(error_of(archive + "x"), HasSubstr("more behind the end"));
  EXPECT_THAT(error_of(""), HasSubstr("it is empty"));
  EXPECT_THAT(error_of("hello, world"), HasSubstr("does not begin as gzip does"));
  EXPECT_THAT(error_of(ArchiveBytes("state of another program", 1)),
              HasSubstr("an archive of another program"));
  // An archive in order, whose meta.json belongs to another snapshot.
  EXPECT_THAT(error_of(ArchiveBytes(snapshot, 43)), HasSubstr("says that state.bin ends at index"));
}

// Longer than what is read at once: the end is looked at, too.
TEST_F(InspectTest, ADamagedEndOfALongOneIsRefused) {
  TableContents big = contents;
  for (int i = 0; i < 300; ++i) {
    std::string value(5000, 'x');
    for (size_t k = 0; k < value.size(); ++k)
      value[k] = static_cast<char>(k * k * (k + 13) >> i % 9);
    big[{Table::kKv, absl::StrCat("big/", i)}] = KvValue(value + std::to_string(i * i));
  }
  const std::string bytes = SnapshotBytes(big, 42);
  const std::string good = ArchiveBytes(bytes, 42);
  ASSERT_GT(good.size(), 600'000u);
  EXPECT_EQ(Run({"snapshot", "inspect", Put("a.snap", good)}).error, "");
  for (const size_t from_end : {1u, 6u, 100u, 1100u, 1600u}) {
    std::string bad = good;
    bad[bad.size() - from_end] ^= 1;
    EXPECT_THAT(Run({"snapshot", "inspect", Put("b.snap", bad)}).error, HasSubstr("damaged at"))
        << from_end;
  }
  EXPECT_THAT(Run({"snapshot", "inspect", Put("b.snap", good.substr(0, good.size() - 900))}).error,
              HasSubstr("cut short"));
}

TEST_F(InspectTest, WrongUsageIsTold) {
  const std::string path = Put("a.snap", archive);
  EXPECT_EQ(Run({"snapshot", "inspect"}).code, kExitUsage);
  EXPECT_EQ(Run({"snapshot", "inspect", path, "-kvdepth=3"}).code, kExitUsage);
  EXPECT_EQ(Run({"snapshot", "inspect", path, "-kvdetails", "-kvdepth=x"}).code, kExitUsage);
  const Outcome missing = Run({"snapshot", "inspect", path + "-not"});
  EXPECT_EQ(missing.code, kExitFailure);
  EXPECT_THAT(missing.error, HasSubstr("No such file"));
  EXPECT_THAT(Run({"snapshot", "inspect", dir_.string()}).error, HasSubstr("it is a directory"));
}

class DiffTest : public SnapshotFiles {
 protected:
  Outcome Diff(const TableContents& after, const std::vector<std::string>& flags = {}) {
    std::vector<std::string> args = {"snapshot", "diff", Put("a.snap", archive),
                                     PutArchive("b.snap", after, 57)};
    args.insert(args.end(), flags.begin(), flags.end());
    return Run(args);
  }
};

TEST_F(DiffTest, OfTheSameIsZero) {
  TableContents same = contents;
  same[{Table::kMeta, "applied"}] = "other";
  const Outcome outcome = Diff(same);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("From index 42 of term 3 to index 57 of term 3\n"));
  EXPECT_THAT(outcome.out, HasSubstr("They hold the same.\n"));
}

TEST_F(DiffTest, NamesWhatDiffers) {
  TableContents after = contents;
  after.erase({Table::kKv, "app/b"});
  after.erase({Table::kSessions, "0000-1"});
  after[{Table::kKv, "new\nline"}] = KvValue("");
  after[{Table::kKv, "app/a/1"}] = KvValue("uno", 57);
  after[{Table::kKv, "top"}] = KvValue("three", 56);
  const Outcome outcome = Diff(after);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.out, HasSubstr("          Added  Removed  Changed\n"
                                     "Keys      1      1        2\n"
                                     "Sessions  0      1        0\n"
                                     "Nodes     0      0        0\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n~ key app/a/1: value, indexes\n"
                                     "- key app/b\n"
                                     "+ key new\\nline\n"
                                     "~ key top: indexes\n"
                                     "- session 0000-1\n"));
  const Outcome some = Diff(after, {"-limit=2"});
  EXPECT_THAT(some.out, HasSubstr("- key app/b\n... and 3 more"));
  EXPECT_THAT(Diff(after, {"-limit=0"}).out, Not(HasSubstr("app/b")));

  const Outcome json = Diff(after, {"-limit=2", "-format=json"});
  EXPECT_EQ(json.code, 1);
  const auto object = boost::json::parse(json.out).as_object();
  EXPECT_FALSE(object.at("Same").as_bool());
  EXPECT_EQ(object.at("Keys").at("Changed").to_number<int>(), 2);
  EXPECT_EQ(object.at("More").to_number<int>(), 3);
  EXPECT_EQ(boost::json::serialize(object.at("Differences").at(0)),
            R"({"Kind":"key","Name":"app/a/1","Change":"changed","Fields":["value","indexes"]})");
  EXPECT_EQ(object.at("After").at("Index").to_number<int>(), 57);
}

TEST_F(DiffTest, TroubleIsTwo) {
  const std::string good = Put("a.snap", archive);
  std::string bytes = archive;
  bytes[bytes.size() / 2] ^= 1;
  const std::string bad = Put("bad.snap", bytes);
  for (const auto& [a, b] :
       {std::pair(good, bad), std::pair(bad, good), std::pair(good, good + "-not")}) {
    const Outcome outcome = Run({"snapshot", "diff", a, b});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.error, StartsWith("Error! "));
  }
  EXPECT_EQ(Run({"snapshot", "diff", good}).code, 2);
  EXPECT_EQ(Run({"snapshot", "diff", good, good, "-limit=-1"}).code, 2);
}

class SaveTest : public SnapshotFiles {
 protected:
  void ServeArchive(const std::string& bytes, int status = 200) {
    Serve([bytes, status](const http::Request&) {
      http::Response response = http::Response::Text(status, bytes);
      response.headers.Set("X-Consul-Index", "42");
      return response;
    });
  }
  std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t FileCount() {
    const std::filesystem::directory_iterator all(dir_);
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
  const std::string path_ = (dir_ / "saved.snap").string();
};

TEST_F(SaveTest, WhatArrivesWholeIsSaved) {
  ServeArchive(archive);
  const Outcome outcome = Run({"snapshot", "save", path_});
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.out, StartsWith("Saved and verified snapshot to index 42 ("));
  EXPECT_EQ(Read(path_), archive);
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(FileCount(), 1u);
  EXPECT_THAT(Run({"snapshot", "save", path_, "-stale", "-format=json"}).out,
              HasSubstr("\"Index\":42,"));
  EXPECT_THAT(requests, ::testing::ElementsAre("GET /v1/snapshot", "GET /v1/snapshot?stale"));
}

TEST_F(SaveTest, WhatDoesNotLeavesWhatWasThere) {
  Put("saved.snap", "before");
  std::string bad = archive;
  bad[bad.size() - 3] ^= 1;
  for (const std::string& bytes : {bad, archive.substr(0, archive.size() - 1), std::string()}) {
    ServeArchive(bytes);
    const Outcome outcome = Run({"snapshot", "save", path_});
    EXPECT_EQ(outcome.code, kExitFailure);
    EXPECT_THAT(outcome.error, StartsWith("Error! what the server sent"));
    EXPECT_THAT(outcome.error, HasSubstr("Nothing was saved."));
    EXPECT_EQ(Read(path_), "before");
    EXPECT_EQ(FileCount(), 1u);
    StopServing();
  }
  ServeArchive("No cluster leader", 500);
  EXPECT_THAT(Run({"snapshot", "save", path_}).error, HasSubstr("500 (No cluster leader)"));
  EXPECT_THAT(Run({"snapshot", "save", (dir_ / "no" / "x.snap").string()}).error,
              HasSubstr("500 (No cluster leader)"));
  StopServing();
  EXPECT_THAT(Run({"snapshot", "save", path_}).error, HasSubstr("Is a server running there?"));
  ServeArchive(archive);
  EXPECT_THAT(Run({"snapshot", "save", (dir_ / "no" / "x.snap").string()}).error,
              HasSubstr("cannot write"));
  EXPECT_EQ(Read(path_), "before");
}

class RestoreTest : public SnapshotFiles {};

TEST_F(RestoreTest, WhatIsIntactIsSent) {
  std::string body;
  Serve([&](const http::Request& request) {
    body = request.body;
    return http::Response::Text(200, "");
  });
  const Outcome outcome = Run({"snapshot", "restore", Put("a.snap", archive)});
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.out, StartsWith("Restored snapshot of index 42 from "));
  EXPECT_EQ(body, archive);
  EXPECT_THAT(requests.at(0), StartsWith("PUT /v1/snapshot "));
}

TEST_F(RestoreTest, WhatIsNotStaysHere) {
  Serve([](const http::Request&) { return http::Response::Text(200, ""); });
  std::string bad = archive;
  bad[bad.size() / 2] ^= 1;
  for (const std::string& bytes : {bad, snapshot, std::string("x")}) {
    const Outcome outcome = Run({"snapshot", "restore", Put("a.snap", bytes)});
    EXPECT_EQ(outcome.code, kExitFailure);
    EXPECT_THAT(outcome.error, HasSubstr("Nothing was sent"));
  }
  EXPECT_TRUE(requests.empty());
  EXPECT_EQ(Run({"snapshot", "restore", "x", "-limit=3"}).code, kExitUsage);
}

TEST_F(RestoreTest, ADryRunShowsWhatTheServerSays) {
  const std::string diff =
      R"({"SnapshotIndex":42,"Keys":{"Added":1,"Changed":2,"Removed":3,"Unchanged":4},)"
      R"("LocksLost":5,"Changes":[{"Change":"added","Kind":"key","Key":"a\n"},)"
      R"({"Change":"removed","Kind":"session","Key":"s"}]})";
  Serve([&](const http::Request&) { return Json(diff); });
  const std::string path = Put("a.snap", archive);
  const Outcome outcome = Run({"snapshot", "restore", "-dry-run", path});
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.out, HasSubstr("Keys  1      2        3        4\n"));
  EXPECT_THAT(outcome.out, HasSubstr("5 locks would be lost.\n\n+ key a\\n\n- session s\n"));
  EXPECT_THAT(requests.at(0), StartsWith("PUT /v1/snapshot?dry-run "));
  EXPECT_THAT(Run({"snapshot", "restore", "-dry-run", "-limit=1", path}).out,
              Not(HasSubstr("session s")));
  EXPECT_EQ(Run({"snapshot", "restore", "-dry-run", "-format=json", path}).out, diff + "\n");
}

TEST_F(RestoreTest, WhatTheServerRefusesIsTold) {
  Serve([](const http::Request&) { return http::Response::Text(403, "not now"); });
  const Outcome outcome = Run({"snapshot", "restore", Put("a.snap", archive)});
  EXPECT_EQ(outcome.code, kExitFailure);
  EXPECT_THAT(outcome.error, HasSubstr("403 (not now)"));
}

TEST(SnapshotText, NamesAreOneLineAndJson) {
  EXPECT_EQ(ByteSize(0), "0");
  EXPECT_EQ(ByteSize(17), "17B");
  EXPECT_EQ(ByteSize(1024), "1KB");
  EXPECT_EQ(ByteSize(12595), "12.3KB");
  EXPECT_EQ(ByteSize(uint64_t{3} << 39), "1.5TB");
  EXPECT_EQ(Printable("a\n\x1b[1mgr\xc3\xbc\xc3\x9f"), "a\\n\\x1b[1mgr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(JsonText("gr\xc3\xbc\xc3\x9f\n"), "gr\xc3\xbc\xc3\x9f\n");
  EXPECT_EQ(JsonText("a\xff"), "a\\xff");
}

TEST(Progress, LineShowsHowFar) {
  EXPECT_EQ(ProgressLine("Reading", 0, 200), "Reading  [....................]   0%");
  EXPECT_EQ(ProgressLine("Reading", 99, 200), "Reading  [#########...........]  49%");
  EXPECT_EQ(ProgressLine("Reading", 200, 200), "Reading  [####################] 100%");
}

}  // namespace
}  // namespace konsul::ctl
