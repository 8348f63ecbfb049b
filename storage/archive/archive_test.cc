#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "storage/archive/archive_fixture_support.h"
#include "storage/archive/reader.h"
#include "storage/archive/tar.h"
#include "storage/archive/writer.h"

namespace konsul::archive {
namespace {

using ::testing::HasSubstr;

TEST(Meta, HasTheFieldsOfHashicorpRaftAndAVersionOfItsOwn) {
  EXPECT_EQ(EncodeMeta(SomeMeta(5141)),
            "{\"Version\":1001,\"ID\":\"3-42-1700000000123\",\"Index\":42,\"Term\":3,"
            "\"Peers\":\"kq0xMC4wLjAuMTo4MzAwrTEwLjAuMC4yOjgzMDA=\","
            "\"Configuration\":{\"Servers\":["
            "{\"Suffrage\":0,\"ID\":\"000000000000001a\",\"Address\":\"10.0.0.1:8300\"},"
            "{\"Suffrage\":1,\"ID\":\"000000000000002b\",\"Address\":\"10.0.0.2:8300\"}]},"
            "\"ConfigurationIndex\":7,\"Size\":5141}\n");
}

TEST(Meta, OneFromAnotherProgramIsRead) {
  const auto meta = DecodeMeta(
      R"({"Version":1,"ID":"2-13-1","Index":13,"Term":2,"Peers":"ka4x","Configuration":{"Servers":)"
      R"([{"Suffrage":0,"ID":"a577b288-b354-770e-e909-da0972eb20e8","Address":"127.0.0.1:8300"}]},)"
      R"("ConfigurationIndex":1,"Size":18446744073709551615,"More":[{}]})");
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(meta->size, ~0ull);
  EXPECT_EQ(meta->servers.size(), 1u);
}

TEST(Meta, WhatMakesNoSenseIsRefused) {
  for (const char* json : {"", "[]", "{}", "{\"Version\":1", R"({"Version":-1})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeMeta(json).status())) << json;
  }
  const std::string good = EncodeMeta(SomeMeta(10));
  for (const char* field : {"Version", "ID", "Index", "Term", "Configuration", "Size", "Suffrage",
                            "Address", "ConfigurationIndex"}) {
    std::string bad = good;
    bad.replace(bad.find(absl::StrCat("\"", field, "\"")) + 1, 1, "?");
    EXPECT_FALSE(DecodeMeta(bad).ok()) << bad;
  }
  raft::SnapshotPoint point;
  point.last = {Index(42), Term(3)};
  EXPECT_TRUE(CheckFits(SomeMeta(10), point).ok());
  point.last.index = Index(43);
  EXPECT_TRUE(absl::IsInvalidArgument(CheckFits(SomeMeta(10), point)));
}

RC_GTEST_PROP(Archive, WhatGoesInComesOutInWhateverPieces, (uint64_t seed)) {
  const auto size = *rc::gen::inRange<size_t>(8, 300'000);
  const auto in = *rc::gen::inRange<size_t>(1, 100'000);
  const auto out = *rc::gen::inRange<size_t>(1, 100'000);
  const std::string state = SomeState(size, seed);
  ArchiveWriter writer(SomeMeta(size), WallTime{1'700'000'000'123'000'000});
  std::string archive;
  writer.Begin(archive);
  for (size_t at = 0; at < size; at += in) {
    RC_ASSERT(writer.AddState(absl::string_view(state).substr(at, in), archive).ok());
  }
  RC_ASSERT(writer.Finish(archive).ok());
  // However it was cut: the tar is the same, and what is around it a little larger at most.
  RC_ASSERT(Gunzipped(archive) == Gunzipped(ArchiveOf(state)));
  RC_ASSERT(archive.size() < size + size / 1000 + 8 * kTarBlockBytes + 200);
  const auto unpacked = Unpack(archive, out);
  RC_ASSERT(unpacked.ok());
  RC_ASSERT(*unpacked == (Unpacked{SomeMeta(size), state}));
}

TEST(Archive, TheWriterHoldsNothingBack) {
  const std::string state = SomeState(10 << 20);
  ArchiveWriter writer(SomeMeta(state.size()), WallTime{0});
  std::string out;
  writer.Begin(out);
  size_t given = 0;
  size_t came = 0;
  for (size_t at = 0; at < state.size(); at += 50'000) {
    const auto piece = absl::string_view(state).substr(at, 50'000);
    ASSERT_TRUE(writer.AddState(piece, out).ok());
    given += piece.size();
    came += out.size();
    out.clear();
    ASSERT_LE(given, came + (64 << 10));
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(writer.AddState("x", out)));
  EXPECT_TRUE(writer.Finish(out).ok());
  ArchiveWriter early(SomeMeta(9), WallTime{0});
  early.Begin(out);
  EXPECT_TRUE(absl::IsFailedPrecondition(early.Finish(out)));
}

// What is refused, or has done no harm: the padding of gzip and its header hold bits without use.
void ExpectNoHarm(const std::string& bad, const Unpacked& good, const std::string& what) {
  const auto unpacked = Unpack(bad);
  if (unpacked.ok()) {
    EXPECT_EQ(*unpacked, good) << what;
    return;
  }
  EXPECT_TRUE(absl::IsDataLoss(unpacked.status()) || absl::IsInvalidArgument(unpacked.status()))
      << what << ": " << unpacked.status();
  EXPECT_THAT(std::string(unpacked.status().message()), HasSubstr("at offset")) << what;
}

TEST(Archive, NoChangedBitAndNoCutGoesUnnoticed) {
  const std::string archive = ArchiveOf(SomeState(700));
  const Unpacked good = Unpack(archive).value();
  size_t harmless = 0;
  for (size_t bit = 0; bit < archive.size() * 8; ++bit) {
    std::string bad = archive;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    harmless += Unpack(bad).ok();
    ExpectNoHarm(bad, good, absl::StrCat("bit ", bit));
  }
  EXPECT_LT(harmless, 80u);
  for (size_t size = 0; size < archive.size(); ++size) {
    const absl::Status status = Unpack(archive.substr(0, size)).status();
    ASSERT_FALSE(status.ok()) << size;
    EXPECT_THAT(std::string(status.message()), HasSubstr(size == 0 ? "empty" : "cut short"));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Unpack(archive + "x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Unpack(archive + archive).status()));
}

// Without gzip's checksum: the tar alone, packed anew.
TEST(Archive, NoChangedBitOfAFileGoesUnnoticedByItsSum) {
  const std::string state = SomeState(100);
  const std::string tar = Gunzipped(ArchiveOf(state));
  const Unpacked good = Unpack(Gzipped(tar)).value();
  size_t harmless_in_header = 0;
  for (size_t bit = 0; bit < tar.size() * 8; ++bit) {
    std::string bad = tar;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    harmless_in_header += bit / 8 < kTarBlockBytes && Unpack(Gzipped(bad)).ok();
    ExpectNoHarm(Gzipped(bad), good, absl::StrCat("bit ", bit));
  }
  // Of the checksum itself: the byte behind it, and where a blank will do as well.
  EXPECT_LE(harmless_in_header, 10u);
}

RC_GTEST_PROP(Archive, DamageIsNoticedWhereverItIs, (uint64_t seed)) {
  const std::string archive = ArchiveOf(SomeState(200'000, seed));
  const auto at = *rc::gen::inRange<size_t>(0, archive.size());
  const auto count = *rc::gen::inRange<size_t>(1, 3000);
  std::string bad = archive;
  switch (seed % 3) {
    case 0:
      bad.erase(at, count);
      break;
    case 1:
      bad.insert(at, std::string(count, '\0'));
      break;
    default:
      bad.replace(at, std::min(count, bad.size() - at), SomeState(count, seed), 0,
                  std::min(count, bad.size() - at));
  }
  RC_PRE(bad != archive);
  RC_ASSERT(!Unpack(bad).ok());
}

class StrangeArchive : public ::testing::Test {
 protected:
  static absl::Status Refusal(const Files& files) { return Unpack(Gzipped(TarOf(files))).status(); }
  static void ExpectRefused(const absl::Status& status, const std::string& why) {
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }
  const std::string state = SomeState(1000);
  Files files = FilesOf(state);
};

TEST_F(StrangeArchive, AnyOrderOfFilesWillDo) {
  std::sort(files.begin(), files.end());
  do {
    const auto unpacked = Unpack(Gzipped(TarOf(files)), 100);
    ASSERT_TRUE(unpacked.ok()) << unpacked.status();
    EXPECT_EQ(unpacked->state, state);
  } while (std::next_permutation(files.begin(), files.end()));
}

TEST_F(StrangeArchive, MissingDoubleAndUnknownFilesAreNamed) {
  for (size_t i = 0; i < files.size(); ++i) {
    Files some = files;
    some.erase(some.begin() + static_cast<ptrdiff_t>(i));
    ExpectRefused(Refusal(some), absl::StrCat("it holds no ", files[i].first));
    some = files;
    some.push_back(files[i]);
    ExpectRefused(Refusal(some), "two files with the name " + files[i].first);
  }
  files.push_back({"notes.txt", "hello"});
  ExpectRefused(Refusal(files), "a file \"notes.txt\"");
}

TEST_F(StrangeArchive, SizesAreBounded) {
  Files some = files;
  some[0].second = std::string((1 << 20) + 1, ' ');
  ExpectRefused(Refusal(some), "meta.json has 1048577 bytes; at most 1048576");
  some = files;
  some[2].second = std::string((64 << 10) + 1, ' ');
  ExpectRefused(Refusal(some), "SHA256SUMS has 65537 bytes; at most 65536");
  std::string tar = TarOf(files) + std::string(2 << 20, '\0');
  ExpectRefused(Unpack(Gzipped(tar)).status(), "more behind the end");
  tar = TarOf(files) + std::string(1 << 19, '\0');
  EXPECT_TRUE(Unpack(Gzipped(tar)).ok());
  ExpectRefused(Unpack(Gzipped(TarOf(files) + "x")).status(), "more behind the end");
}

TEST_F(StrangeArchive, WrongSumsAreTold) {
  files[1].second[500] ^= 1;
  const absl::Status status = Refusal(files);
  EXPECT_TRUE(absl::IsDataLoss(status));
  ExpectRefused(status, "state.bin does not have the SHA-256");
  ExpectRefused(status, "Take another copy");
  files = FilesOf(state);
  files[2].second.resize(files[2].second.find('\n') + 1);
  ExpectRefused(Refusal(files), "SHA256SUMS does not name state.bin");
  files[2].second = "nonsense\n";
  ExpectRefused(Refusal(files), "makes no sense");
  files = FilesOf(state);
  files[2].second += files[2].second;
  ExpectRefused(Refusal(files), "one twice");
}

TEST_F(StrangeArchive, ASizeThatMetaDoesNotSayIsTold) {
  Files some = FilesOf(state);
  const std::string longer = SomeState(2000);
  some[1].second = longer;
  some[2].second = FilesOf(longer)[2].second;
  const std::string sum = FilesOf(state)[2].second.substr(0, 64);
  some[2].second.replace(0, 64, sum);
  ExpectRefused(Refusal(some), "says that state.bin has 1000 bytes, and it has 2000");
}

TEST_F(StrangeArchive, ThatOfAnotherProgramIsCalledSo) {
  for (const std::string& foreign : {std::string("\x01\x92\x81 consul's own"), std::string("KNSL"),
                                     std::string(), "KNSLSNA?" + state}) {
    const absl::Status status = Refusal(FilesOf(foreign));
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    ExpectRefused(status, "an archive of another program");
    ExpectRefused(Unpack(Gzipped(TarOf(FilesOf(foreign))), 1).status(), "another program");
  }
  ExpectRefused(Unpack("PK\x03\x04 a zip").status(), "does not begin as gzip does");
  ExpectRefused(Unpack(Gzipped("no tar at all" + std::string(1000, 'x'))).status(), "is no tar");
}

TEST_F(StrangeArchive, WhatTheSinkSaysIsPassedOn) {
  ArchiveReader reader([](absl::string_view) { return absl::ResourceExhaustedError("full"); });
  EXPECT_EQ(reader.Push(ArchiveOf(state)), absl::ResourceExhaustedError("full"));
  EXPECT_EQ(reader.Push("more"), absl::ResourceExhaustedError("full"));
  EXPECT_EQ(reader.Finish().status(), absl::ResourceExhaustedError("full"));
}

// Beyond what eleven octal digits hold.
TEST(Tar, BigSizesGoThrough) {
  struct Sizes final : TarReader::Receiver {
    absl::Status BeginFile(const std::string& name, uint64_t size) override {
      seen.emplace_back(name, size);
      return absl::OkStatus();
    }
    absl::Status FileBytes(absl::string_view) override { return absl::OkStatus(); }
    absl::Status EndFile() override { return absl::OkStatus(); }
    std::vector<std::pair<std::string, uint64_t>> seen;
  };
  for (const uint64_t size : {uint64_t{1} << 33, (uint64_t{1} << 33) - 1, uint64_t{1} << 62}) {
    Sizes sizes;
    TarReader reader;
    ASSERT_TRUE(reader.Push(TarHeader("big", size, 0), sizes).ok());
    EXPECT_THAT(sizes.seen, ::testing::ElementsAre(std::make_pair("big", size)));
  }
  Sizes none;
  TarReader reader;
  EXPECT_TRUE(absl::IsDataLoss(reader.Push(TarHeader("big", (uint64_t{1} << 62) + 1, 0), none)));
}

// ---- Other programs ---------------------------------------------------------------------------

class OtherPrograms : public ::testing::Test {
 protected:
  OtherPrograms() { std::filesystem::create_directory(dir); }
  ~OtherPrograms() override { std::filesystem::remove_all(dir); }
  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(dir / name, std::ios::binary) << bytes;
  }
  std::string Read(const std::string& name) {
    std::ifstream file(dir / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int Shell(const std::string& command) {
    return std::system(absl::StrCat("cd ", dir.string(), " && ", command).c_str());  // NOLINT
  }
  const std::filesystem::path dir =
      std::filesystem::path(::testing::TempDir()) / absl::StrCat("archive-", getpid());
  const std::string state = SomeState(150'000);
};

TEST_F(OtherPrograms, ReadWhatIsWritten) {
  Write("a.snap", ArchiveOf(state));
  EXPECT_EQ(Shell("tar tzf a.snap > names && tar tvzf a.snap > /dev/null 2> complaints"), 0);
  EXPECT_EQ(Read("names"), "meta.json\nstate.bin\nSHA256SUMS\n");
  EXPECT_EQ(Read("complaints"), "");
  EXPECT_EQ(Shell("tar xzf a.snap && sha256sum --strict --quiet -c SHA256SUMS"), 0);
  EXPECT_EQ(Read("state.bin"), state);
  EXPECT_EQ(Shell("python3 -c \"import tarfile, json\n"
                  "with tarfile.open('a.snap') as t:\n"
                  "  assert [m.name for m in t] == ['meta.json', 'state.bin', 'SHA256SUMS']\n"
                  "  assert all(m.mode == 0o600 and m.mtime == 1700000000 for m in t)\n"
                  "  meta = json.load(t.extractfile('meta.json'))\n"
                  "  assert meta['Size'] == t.getmember('state.bin').size\n\""),
            0);
}

TEST_F(OtherPrograms, ReadBigSizes) {
  Write("big.tar", TarHeader("state.bin", uint64_t{1} << 40, 0));
  EXPECT_EQ(Shell("python3 -c \"import tarfile\n"
                  "assert tarfile.open('big.tar').next().size == 1 << 40\n\""),
            0);
}

TEST_F(OtherPrograms, WriteWhatIsRead) {
  for (const auto& [name, content] : FilesOf(state)) Write(name, content);
  const std::string files = "meta.json state.bin SHA256SUMS";
  for (const std::string& command : {
           "tar czf b.snap --format=gnu " + files,
           "tar czf b.snap --format=ustar " + files,
           "tar czf b.snap --format=posix " + files,
           "mkdir -p d && cp " + files + " d && tar czf b.snap -C d .",
           "tar cf - " + files + " | gzip -9 > b.snap",
           std::string("python3 -c \"import tarfile\n"
                       "with tarfile.open('b.snap', 'w:gz') as t:\n"
                       "  for n in ('SHA256SUMS', 'state.bin', 'meta.json'): t.add(n)\n\""),
       }) {
    ASSERT_EQ(Shell(command), 0) << command;
    const auto unpacked = Unpack(Read("b.snap"));
    ASSERT_TRUE(unpacked.ok()) << command << ": " << unpacked.status();
    EXPECT_EQ(*unpacked, (Unpacked{SomeMeta(state.size()), state})) << command;
  }
  ASSERT_EQ(Shell("ln -s state.bin link && tar czf b.snap link " + files), 0);
  EXPECT_THAT(std::string(Unpack(Read("b.snap")).status().message()),
              HasSubstr("\"link\" is not a plain file"));
}

}  // namespace
}  // namespace konsul::archive
