// What is made from the descriptions of the commands: help, completion, the manual page; and what
// the environment says.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/completion.h"
#include "cmd/konsulctl/ctl_support.h"
#include "cmd/konsulctl/usage.h"
#include "gmock/gmock.h"

namespace konsul::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Standard output of a shell command.
std::string Shell(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
  pclose(pipe);
  return out;
}

class BashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = absl::StrCat(::testing::TempDir(), "/completion.", getpid());
    std::ofstream(path_) << BashCompletion(Commands());
  }
  void TearDown() override { std::remove(path_.c_str()); }

  // What bash offers behind these words, the last of which is being typed.
  std::string Offers(const std::string& words) {
    const std::string out =
        Shell(absl::StrCat("bash -c '. ", path_, "; COMP_WORDS=(", words,
                           "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _konsulctl; "
                           "echo ${COMPREPLY[@]}'"));
    return absl::StrReplaceAll(out, {{"\n", ""}});
  }

  std::string path_;
};

TEST_F(BashTest, OffersCommandsFlagsAndValues) {
  EXPECT_EQ(Offers("konsulctl kv ex"), "export");
  EXPECT_EQ(Offers("konsulctl se"), "session");
  EXPECT_EQ(Offers("konsulctl operator raft tr"), "transfer-leader");
  EXPECT_EQ(Offers("konsulctl kv get -ra"), "-raw");
  EXPECT_EQ(Offers("konsulctl kv get -stale -ra"), "-raw");
  EXPECT_EQ(Offers("konsulctl kv get -format js"), "json");
  EXPECT_EQ(Offers("konsulctl kv get -format = js"), "json");
  EXPECT_EQ(Offers("konsulctl watch -type = keyp"), "keyprefix");
  EXPECT_EQ(Offers("konsulctl kv get somet"), "");
  EXPECT_THAT(Offers("konsulctl kv -"), Not(HasSubstr("-raw")));
}

TEST(Completion, EveryCommandAndFlagIsInAllThree) {
  for (const std::string& script :
       {BashCompletion(Commands()), ZshCompletion(Commands()), FishCompletion(Commands())}) {
    for (const Command& command : Commands()) {
      EXPECT_THAT(script, HasSubstr(WordsOf(command).back()));
      for (const flags::Flag& flag : command.flags) EXPECT_THAT(script, HasSubstr(flag.name));
    }
  }
}

TEST(Help, EveryFlagIsExplained) {
  for (const Command& command : Commands()) {
    EXPECT_FALSE(command.help.empty()) << command.words;
    for (const flags::Flag& flag : FlagsOf(command)) {
      EXPECT_THAT(HelpOf(command), HasSubstr(absl::StrCat("  -", flag.name))) << command.words;
      EXPECT_FALSE(flag.help.empty()) << command.words << " -" << flag.name;
    }
  }
}

class ManTest : public CtlTest {};

TEST_F(ManTest, SaysOfEachCommandWhatHelpSays) {
  const std::string page = Run({"man"}).out;
  for (const Command& command : Commands()) {
    EXPECT_THAT(page, HasSubstr(absl::StrReplaceAll(Synopsis(command), {{"-", "\\-"}})));
  }
  // No line that roff would take for a request of its own that it does not know.
  EXPECT_THAT(page, Not(HasSubstr("\n'")));
  EXPECT_THAT(page, HasSubstr("KONSUL_HTTP_ADDR"));
}

TEST(Environment, KonsulsNamesGoBeforeConsulsAndFlagsBeforeBoth) {
  std::map<std::string, std::string> set = {{"CONSUL_HTTP_ADDR", "c:1"},
                                            {"CONSUL_HTTP_TOKEN", "ct"}};
  const Variables variables = [&](const std::string& name) -> std::optional<std::string> {
    const auto it = set.find(name);
    return it == set.end() ? std::nullopt : std::optional<std::string>(it->second);
  };
  flags::Parsed parsed;
  EXPECT_EQ(*ServerAddress(parsed, variables), "c:1");
  EXPECT_EQ(ApiOptions(parsed, variables)->token, "ct");
  set["KONSUL_HTTP_ADDR"] = "k:1";
  EXPECT_EQ(*ServerAddress(parsed, variables), "k:1");
  parsed.values = {{"http-addr", {"f:1"}}, {"token", {"ft"}}};
  EXPECT_EQ(*ServerAddress(parsed, variables), "f:1");
  EXPECT_EQ(ApiOptions(parsed, variables)->token, "ft");
  set["CONSUL_HTTP_SSL"] = "true";
  EXPECT_TRUE(absl::IsInvalidArgument(ServerAddress(parsed, variables).status()));
}

TEST(Environment, ATokenMayBeInAFile) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/token.", getpid());
  std::ofstream(path) << "secret\n";
  flags::Parsed parsed;
  parsed.values = {{"token-file", {path}}};
  const auto none = [](const std::string&) { return std::nullopt; };
  EXPECT_EQ(ApiOptions(parsed, none)->token, "secret");
  std::remove(path.c_str());
  EXPECT_TRUE(absl::IsNotFound(ApiOptions(parsed, none).status()));
}

}  // namespace
}  // namespace konsul::ctl
