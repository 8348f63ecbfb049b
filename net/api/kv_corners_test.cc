// The corners of the KV store, compared with Consul's pages and what its handlers answer.
#include <string>

#include "absl/strings/str_cat.h"
#include "core/api/kv.h"
#include "core/wire/command.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::StartsWith;

class KvCornersTest : public RoutesTest {};

TEST_F(KvCornersTest, EveryConflictOfParameters) {
  const struct {
    const char* ask;
    const char* named;
  } cases[] = {
      {"PUT /v1/kv/a?cas=0&acquire=s", "acquire=s&cas=0"},
      {"PUT /v1/kv/a?cas=0&release=s", "cas=0&release=s"},
      {"PUT /v1/kv/a?acquire=s&release=t", "acquire=s&release=t"},
      {"PUT /v1/kv/a?release=t&acquire=s&cas=0", "acquire=s&cas=0&release=t"},
      {"PUT /v1/kv/a?cas=x&acquire=s", "acquire=s&cas=x"},
      {"PUT /v1/kv/a?flags=1&cas=0&acquire=s&z=%C3%A9%26", "acquire=s&cas=0&flags=1&z=%C3%A9%26"},
      {"DELETE /v1/kv/a?recurse&cas=0", "cas=0&recurse="},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Brief(c.ask, "x"), absl::StrCat("400 Conflicting flags: ", c.named, "\n")) << c.ask;
  }
  EXPECT_EQ(consensus_.applied(), Index(1));
  EXPECT_EQ(Brief("PUT /v1/kv/a?cas=0&cas=7", "x"), "200 true") << "the first of the same counts";
  EXPECT_EQ(Brief("PUT /v1/kv/a?recurse&keys&raw&separator=/", "y"), "200 true") << "not of a PUT";
  EXPECT_EQ(Brief("DELETE /v1/kv/a?acquire=s&flags=x"), "200 true") << "not of a DELETE";
}

TEST_F(KvCornersTest, KeysGoesBeforeRecurseAndBothBeforeRaw) {
  Brief("PUT /v1/kv/a/b", "x");
  EXPECT_EQ(Brief("GET /v1/kv/a/b?raw&keys&recurse"), R"(200 ["a/b"])");
  EXPECT_THAT(Brief("GET /v1/kv/a/b?raw&recurse"), StartsWith("200 [{\"LockIndex\""));
  EXPECT_EQ(Brief("GET /v1/kv/a?separator=/"), "404") << "means nothing without keys";
  EXPECT_EQ(Brief("GET /v1/kv/a?keys&separator="), R"(200 ["a/b"])");
}

TEST_F(KvCornersTest, SeparatorsOfAnyLengthAndPlace) {
  for (const char* key : {"a", "a/", "a/b", "a/b/c", "a--b--c", "ab/c"}) {
    Brief(absl::StrCat("PUT /v1/kv/", key), "x");
  }
  EXPECT_EQ(Brief("GET /v1/kv/?keys&separator=/"), R"(200 ["a","a--b--c","a/","ab/"])");
  EXPECT_EQ(Brief("GET /v1/kv/a?keys&separator=/"), R"(200 ["a","a--b--c","a/","ab/"])");
  EXPECT_EQ(Brief("GET /v1/kv/a/?keys&separator=/"), R"(200 ["a/","a/b","a/b/"])");
  EXPECT_EQ(Brief("GET /v1/kv/a?keys&separator=--"),
            R"(200 ["a","a--","a/","a/b","a/b/c","ab/c"])");
  EXPECT_EQ(Brief("GET /v1/kv/a/b?keys&separator=b"), R"(200 ["a/b","a/b/c"])")
      << "only behind the prefix";
}

// Decoded once, kept byte for byte: nothing of it is a path of files.
TEST_F(KvCornersTest, KeysOfEveryKind) {
  const struct {
    const char* target;
    const char* shown;
  } keys[] = {
      {"/a", R"(["/a"])"},
      {"//a//b//", R"(["//a//b//"])"},
      {"%2Fa", R"(["/a"])"},
      {"a/", R"(["a/"])"},
      {"a//b", R"(["a//b"])"},
      {"./../a", R"(["./../a"])"},
      {"a+b", R"(["a+b"])"},
      {"a%2Bb", R"(["a+b"])"},
      {"a%20b", R"(["a b"])"},
      {"a%3Fb%23c%26d%3De", R"(["a?b#c\u0026d=e"])"},
      {"a%252Fb", R"(["a%2Fb"])"},
      {"%E6%97%A5%E6%9C%AC/%F0%9F%94%91", "[\"\xe6\x97\xa5\xe6\x9c\xac/\xf0\x9f\x94\x91\"]"},
      {"%D8%B3%D9%84%D8%A7%D9%85", "[\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85\"]"},
      {"~!$'()*,;:@", R"(["~!$'()*,;:@"])"},
  };
  for (const auto& key : keys) {
    const std::string path = absl::StrCat(" /v1/kv/", key.target);
    EXPECT_EQ(Brief("PUT" + path, "x"), "200 true") << path;
    EXPECT_EQ(Brief("GET" + path + "?raw"), "200 x") << path;
    EXPECT_EQ(Brief("GET /v1/kv/?keys"), absl::StrCat("200 ", key.shown)) << path;
    EXPECT_EQ(Brief("DELETE" + path), "200 true") << path;
    EXPECT_EQ(Brief("GET /v1/kv/?keys"), "200 []") << path;
  }
}

TEST_F(KvCornersTest, NumbersAsGoReadsThem) {
  const auto flags = [&](absl::string_view text) {
    Brief("DELETE /v1/kv/n");
    const std::string put = Brief(absl::StrCat("PUT /v1/kv/n?flags=", text), "x");
    if (put != "200 true") return put;
    const std::string entry = Brief("GET /v1/kv/n");
    const size_t at = entry.find("\"Flags\":") + 8;
    return entry.substr(at, entry.find(',', at) - at);
  };
  EXPECT_EQ(flags("0"), "0");
  EXPECT_EQ(flags("007"), "7");
  EXPECT_EQ(flags("9223372036854775808"), "9223372036854775808");
  EXPECT_EQ(flags("18446744073709551615"), "18446744073709551615");
  for (const char* bad : {"0x10", "1_000", "%201", "1e3"}) {
    EXPECT_THAT(flags(bad), StartsWith("400 strconv.ParseUint: parsing ")) << bad;
  }
}

TEST_F(KvCornersTest, DeletesUnderAnIndex) {
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=0"), "200 true") << "nothing is there, nothing to do";
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=5"), "200 true");
  Brief("PUT /v1/kv/a", "x");
  const std::string index = IndexOf("GET /v1/kv/a");
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=0"), "200 false") << "0 never deletes";
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=1"), "200 false");
  EXPECT_EQ(IndexOf("GET /v1/kv/a"), index) << "what fails leaves the index alone";
  EXPECT_EQ(Brief("DELETE /v1/kv/a?cas=" + index), "200 true");
  EXPECT_EQ(Brief("GET /v1/kv/a"), "404");
}

TEST_F(KvCornersTest, RecursiveDeletes) {
  const auto put = [&] {
    for (const char* key : {"a", "a/1", "ab", "b"}) Brief(absl::StrCat("PUT /v1/kv/", key), "x");
  };
  put();
  EXPECT_EQ(Brief("DELETE /v1/kv/a/?recurse"), "200 true");
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), R"(200 ["a","ab","b"])");
  EXPECT_EQ(Brief("DELETE /v1/kv/a?recurse"), "200 true") << "a prefix, not a folder";
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), R"(200 ["b"])");
  EXPECT_EQ(Brief("DELETE /v1/kv/nothing?recurse"), "200 true");
  const std::string before = IndexOf("GET /v1/kv/?recurse");
  put();
  EXPECT_EQ(Brief("DELETE /v1/kv/?recurse"), "200 true") << "all of it";
  EXPECT_EQ(Brief("GET /v1/kv/?keys"), "200 []");
  EXPECT_EQ(Brief("GET /v1/kv/?recurse"), "404");
  EXPECT_GT(std::stoi(IndexOf("GET /v1/kv/?recurse")), std::stoi(before));
  EXPECT_EQ(IndexOf("GET /v1/kv/b"), IndexOf("GET /v1/kv/?recurse"));
}

TEST_F(KvCornersTest, ALongListIsOfOneMomentAndLetsOthersRun) {
  std::string expected;
  for (int i = 10; i < 40; ++i) {
    Brief(absl::StrCat("PUT /v1/kv/l/", i), "01234567");
    absl::StrAppend(&expected, i, " ");
  }
  Brief("PUT /v1/kv/m", "behind the prefix");
  int turns = 0;
  bool over = false;
  fiber::Group group(scheduler_);
  group.Spawn("others", [&] {
    while (!over) {
      if (store_.open_transactions() > 0) {
        // What they change behind its back is not in it.
        const std::string key = absl::StrCat("l/", 39 - turns++);
        const std::string bytes = wire::EncodeCommand(wire::KvPut{key, "late"});
        EXPECT_TRUE(consensus_.machine().Apply({{consensus_.applied() + 1, bytes}}).ok());
      }
      if (!scheduler_.Yield().ok()) return;
    }
  });
  const auto list = [&] {
    const auto reply = api::KvList(
        {consensus_, cluster_, store_, clock_, {}, nullptr, nullptr, nullptr, &long_reads_},
        {.prefix = "l/"});
    ASSERT_TRUE(reply.ok()) << reply.status();
    std::string seen;
    for (const api::KvPair& pair : reply->pairs) {
      EXPECT_EQ(pair.value, "01234567") << pair.key;
      absl::StrAppend(&seen, pair.key.substr(2), " ");
    }
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(reply->meta.index, Index(31));
    over = true;
  };
  group.Spawn("list", list);
  scheduler_.Run(clock_.Now());
  EXPECT_GE(turns, 4) << "30 rows of 12 bytes, 64 at a time";
  EXPECT_EQ(store_.open_transactions(), 0);
}

TEST_F(KvCornersTest, ValuesUpToTheLimitByEveryWay) {
  Brief("PUT /v1/catalog/register", R"({"Node":"n1","Address":"10.0.0.1",)"
                                    R"("Check":{"CheckID":"serfHealth","Status":"passing"}})");
  const std::string session = Brief("PUT /v1/session/create").substr(11, 36);
  const std::string full(512 * 1024, '\xff');
  const char* too_large = "413 Request body(524289 bytes) too large, max size: 524288 bytes.";
  for (const std::string& query :
       {std::string("?cas=0"), "?acquire=" + session, "?release=" + session, std::string()}) {
    EXPECT_EQ(Brief("PUT /v1/kv/big" + query, full + "x"), too_large) << query;
    EXPECT_EQ(Brief("PUT /v1/kv/big" + query, full), "200 true") << query;
  }
  EXPECT_EQ(Ask("GET /v1/kv/big?raw").body, full);
}

TEST_F(KvCornersTest, MissingKeysHaveAnIndexInEveryForm) {
  Brief("PUT /v1/kv/other", "x");
  for (const char* ask : {"GET /v1/kv/none", "GET /v1/kv/none?raw", "GET /v1/kv/none?recurse",
                          "GET /v1/kv/none?keys", "GET /v1/kv/none/?keys&separator=/",
                          "GET /v1/kv/none?stale", "GET /v1/kv/none?consistent"}) {
    const http::Response response = Ask(ask);
    EXPECT_EQ(response.status, 404) << ask;
    EXPECT_EQ(response.body, "") << ask;
    EXPECT_TRUE(response.headers.Has("X-Consul-Index")) << ask;
    EXPECT_NE(response.headers.Get("X-Consul-Index"), "0") << ask;
    EXPECT_EQ(response.headers.Get("X-Consul-KnownLeader"), "true") << ask;
  }
  EXPECT_EQ(IndexOf("GET /v1/kv/?keys&separator=x"), "2");
}

}  // namespace
}  // namespace konsul::net_api
