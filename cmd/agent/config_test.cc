#include "cmd/agent/config.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "cmd/agent/config_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest()
      : directory_(std::filesystem::temp_directory_path() /
                   absl::StrCat("konsul-config-test-", getpid())) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~ConfigTest() override { std::filesystem::remove_all(directory_); }

  std::string File(const std::string& name, const std::string& text) {
    std::string path = directory_ / name;
    std::ofstream(path) << text;
    return path;
  }

  absl::StatusOr<Config> Load(std::vector<std::string> args) {
    auto parsed = flags::Parse(AgentFlags(), args);
    if (!parsed.ok()) return parsed.status();
    return LoadConfig(
        *parsed,
        [this](const std::string& name) -> std::optional<std::string> {
          auto it = environment_.find(name);
          return it == environment_.end() ? std::nullopt : std::optional(it->second);
        },
        "machine");
  }
  std::string Error(std::vector<std::string> args) {
    return std::string(Load(std::move(args)).status().message());
  }

  std::filesystem::path directory_;
  std::map<std::string, std::string> environment_;
};

TEST_F(ConfigTest, DevNeedsNothingElse) {
  auto config = Load({"-dev"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->server);
  EXPECT_EQ(config->bootstrap_expect, 1u);
  EXPECT_EQ(config->node_name, "machine");
  EXPECT_EQ(config->HttpAddress().ToString(), "127.0.0.1:8500");
  EXPECT_EQ(config->ServerAddress().ToString(), "127.0.0.1:8300");
}

TEST_F(ConfigTest, TheCommandLineOfAServer) {
  auto config =
      Load({"-server", "-node=n2", "-bind=127.0.0.2", "-client=127.0.0.2", "-bootstrap-expect=3",
            "-retry-join=127.0.0.1", "-retry-join", "127.0.0.3:99", "-data-dir=D", "-pid-file=P",
            "-server-port=8400", "-log-json", "-log-level=DEBUG", "-raft-multiplier=2"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node_name, "n2");
  EXPECT_THAT(config->retry_join,
              ElementsAre(env::Endpoint{"127.0.0.1", 8400}, env::Endpoint{"127.0.0.3", 99}));
  EXPECT_EQ(config->log_level, LogLevel::kDebug);
  EXPECT_TRUE(config->log_json);
  EXPECT_EQ(config->raft_multiplier, 2u);
}

TEST_F(ConfigTest, FlagsBeatFilesBeatEnvironmentBeatsDefaults) {
  std::string first =
      File("1.json", R"({"node_name": "file1", "ports": {"http": 1001, "server": 1002}})");
  std::string second = File("2.yaml", "ports:\n  http: 2001\nretry_join: [127.0.0.2, 127.0.0.3]\n");
  environment_ = {{"KONSUL_NODE_NAME", "env"},
                  {"KONSUL_PORTS_SERVER", "3002"},
                  {"KONSUL_LOG_LEVEL", "warn"},
                  {"KONSUL_RETRY_JOIN", "127.0.0.9, 127.0.0.8"}};
  auto config = Load({"-dev", "-config-file", first, "-config-file", second, "-node=flag"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node_name, "flag");
  EXPECT_EQ(config->http_port, 2001);
  EXPECT_EQ(config->server_port, 1002);
  EXPECT_EQ(config->log_level, LogLevel::kWarn);
  EXPECT_THAT(config->retry_join, SizeIs(2));
  EXPECT_EQ(config->retry_join[0].ToString(), "127.0.0.2:1002");
}

TEST_F(ConfigTest, ADirectoryIsReadInOrderOfNamesAndOtherSuffixesAreLeftAlone) {
  File("20.json", R"({"node_name": "second"})");
  File("10.yml", "node_name: first\n");
  File("30.bak", "{{{");
  auto config = Load({"-dev", "-config-dir", directory_});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node_name, "second");
}

TEST_F(ConfigTest, MistakesInFilesAreNamedWithFileAndKey) {
  auto error = [&](const std::string& name, const std::string& text) {
    return Error({"-dev", "-config-file", File(name, text)});
  };
  std::string dir = directory_;
  EXPECT_EQ(error("a.json", R"({"node_nam": "x"})"),
            "config file " + dir + "/a.json: unknown key \"node_nam\", did you mean node_name?");
  EXPECT_THAT(error("b.yaml", "ports:\n  htp: 1\n"), HasSubstr("did you mean ports.http?"));
  EXPECT_THAT(error("c.json", R"({"ports": {"http": 70000}})"),
              HasSubstr("/c.json: ports.http: \"70000\" is not a number from 1 to 65535"));
  EXPECT_THAT(error("d.json", "{\n  \"server\": true,\n  oops\n}"),
              HasSubstr("/d.json: line 3, column 3: not JSON"));
  EXPECT_THAT(error("e.yaml", "a: [1\nb: 2"), HasSubstr("/e.yaml: line 2"));
  EXPECT_THAT(error("f.json", "[1]"), HasSubstr("one object of settings"));
  EXPECT_THAT(error("g.json", R"({"node_name": null})"), HasSubstr("\"node_name\" must be"));
  EXPECT_THAT(error("h.json", R"({"node_name": ["a", "b"]})"), HasSubstr("one value is expected"));
  EXPECT_THAT(error("i.json", ""), HasSubstr("not JSON"));
  EXPECT_THAT(error("j.json", "{} {}"), HasSubstr("not JSON"));
  EXPECT_THAT(error("k.hcl", ""), HasSubstr("must end in .json, .yaml or .yml"));
  EXPECT_THAT(Error({"-dev", "-config-file=/nowhere/x.json"}),
              HasSubstr("/nowhere/x.json cannot be read: No such file"));
  EXPECT_THAT(Error({"-dev", "-config-dir=/nowhere"}), HasSubstr("/nowhere cannot be read"));
}

TEST_F(ConfigTest, MistakesInFlagsAndVariablesAreNamed) {
  EXPECT_EQ(Error({"-dev", "-bind=localhost"}),
            "-bind: \"localhost\" is not a numeric address such as 127.0.0.2 (without a port)");
  EXPECT_THAT(Error({"-dev", "-retry-join=host.name"}), HasSubstr("-retry-join: \"host.name\""));
  EXPECT_THAT(Error({"-dev", "-http-port=0"}), HasSubstr("-http-port: \"0\" is not a number"));
  EXPECT_THAT(Error({"-dev", "-node=a b"}), HasSubstr("-node: \"a b\""));
  EXPECT_THAT(Error({"-dev", "-log-level=loud"}), HasSubstr("one of trace, debug"));
  EXPECT_THAT(Error({"-dev", "extra"}), HasSubstr("unexpected argument \"extra\""));
  EXPECT_THAT(Error({"-dev", "-bind=0.0.0.0"}), HasSubstr("no address that other servers"));
  EXPECT_THAT(Error({"-dev", "-http-port=8300"}), HasSubstr("cannot share 127.0.0.1:8300"));
  environment_ = {{"KONSUL_SERVER", "perhaps"}};
  EXPECT_EQ(Error({"-dev"}),
            "environment variable KONSUL_SERVER: \"perhaps\" is not true or false");
}

TEST_F(ConfigTest, WhatIsMissingIsSaid) {
  EXPECT_THAT(Error({}), HasSubstr("-server, or -dev"));
  EXPECT_THAT(Error({"-server"}), HasSubstr("-data-dir=DIR"));
  EXPECT_THAT(Error({"-server", "-data-dir=D"}), HasSubstr("-bootstrap-expect=3"));
}

TEST(ConfigText, BothFormatsFlattenAlike) {
  auto json = ParseConfigText(
      FileFormat::kJson, R"({"server": true, "ports": {"http": 8500}, "retry_join": ["a", "b"]})");
  auto yaml = ParseConfigText(FileFormat::kYaml,
                              "server: true\nports:\n  http: 8500\nretry_join:\n- a\n- b\n");
  ASSERT_TRUE(json.ok() && yaml.ok());
  EXPECT_EQ(*json, *yaml);
  EXPECT_THAT(*json, ElementsAre(Pair("server", ElementsAre("true")),
                                 Pair("ports.http", ElementsAre("8500")),
                                 Pair("retry_join", ElementsAre("a", "b"))));
}

}  // namespace
}  // namespace konsul::agent
