// Nodes: who they are, and what becomes of them under other names.
#include <string>

#include "core/state/catalog_reader.h"
#include "core/state/machine_support.h"
#include "gtest/gtest.h"

namespace konsul::state {
namespace {

constexpr absl::string_view kA = "aaaaaaaa-0000-0000-0000-000000000001";
constexpr absl::string_view kUpperA = "AAAAAAAA-0000-0000-0000-000000000001";
constexpr absl::string_view kB = "bbbbbbbb-0000-0000-0000-000000000001";

class CatalogTest : public ::testing::Test {
 protected:
  ~CatalogTest() override { EXPECT_EQ(Contradiction(*world_.store().Read()), ""); }

  std::string Register(absl::string_view name, absl::string_view id, bool skip = false,
                       absl::string_view address = "1.1.1.1") {
    return world_.Say(wire::Register{
        .node = {.id = id, .name = name, .address = address}, .skip_node = skip, .checks = {}});
  }
  std::string SetAlive(absl::string_view name, absl::string_view status) {
    return world_.Say(
        wire::Register{.node = {.name = name},
                       .skip_node = true,
                       .checks = {{.node = name, .id = "serfHealth", .status = status}}});
  }
  // "NAME ID's FIRST LETTER CREATE/MODIFY; ..."
  std::string Nodes() {
    const auto txn = world_.store().Read();
    return absl::StrJoin(ListNodes(*txn)->nodes, "; ", [](std::string* out, const wire::Node& n) {
      absl::StrAppend(out, n.name, " ", n.id.substr(0, 1), " ", n.create_index, "/",
                      n.modify_index);
    });
  }

  MachineWorld world_;
};

TEST_F(CatalogTest, AnIdUnderAnotherNameRenamesItsNode) {
  EXPECT_EQ(Register("one", kA), "ok");
  SetAlive("one", "passing");
  EXPECT_EQ(world_.Say(wire::SessionCreate{{.id = SessionId('1'), .node = "one"}}), "ok");
  EXPECT_EQ(Register("two", kUpperA), "ok");
  EXPECT_EQ(Nodes(), "two A 1/4");
  EXPECT_EQ(world_.Rows(Table::kChecks), 0u) << "what it had is gone, as its sessions";
  EXPECT_EQ(world_.Rows(Table::kSessions), 0u);
}

TEST_F(CatalogTest, OnlyTheCaseOfItsNameIsNoChange) {
  Register("one", kA);
  EXPECT_EQ(Register("ONE", kA), "ok");
  EXPECT_EQ(Nodes(), "one a 1/1");
  EXPECT_EQ(Register("ONE", kA, false, "1.1.1.2"), "ok");
  EXPECT_EQ(Nodes(), "ONE a 1/3");
}

TEST_F(CatalogTest, TheNameOfANodeThatIsAliveIsReserved) {
  Register("one", kA);
  SetAlive("one", "passing");
  EXPECT_EQ(Register("One", kB),
            absl::StrCat("failed inserting node: Error while renaming Node ID: \"", kB,
                         "\": Node name One is reserved by node ", kA, " with name one (1.1.1.1)"));
  Register("two", kB);
  EXPECT_EQ(Register("one", kB),
            absl::StrCat("failed inserting node: Error while renaming Node ID: \"", kB,
                         "\" (1.1.1.1): Node name one is reserved by node ", kA,
                         " with name one (1.1.1.1)"));
  EXPECT_EQ(Nodes(), "one a 1/1; two b 4/4");
  SetAlive("one", "critical");
  EXPECT_EQ(Register("one", kB), "ok");
  EXPECT_EQ(Nodes(), "one b 4/7") << "under the name that is free now";
}

TEST_F(CatalogTest, WhoHasNoIdGetsOneButNotThatOfAnother) {
  Register("one", "");
  SetAlive("one", "passing");
  EXPECT_EQ(Register("one", kA), "ok");
  EXPECT_EQ(Nodes(), "one a 1/3");
  EXPECT_EQ(Register("one", ""), "ok");
  EXPECT_EQ(Nodes(), "one  1/4") << "none was given";
  Register("two", kA);
  EXPECT_NE(Register("one", kA), "ok");
  EXPECT_EQ(Nodes(), "one  1/4; two a 5/5");
}

TEST_F(CatalogTest, ANodeThatIsNotThereIsMadeAlsoWhenItShallBeLeftAsItIs) {
  EXPECT_EQ(Register("one", "", true, ""), "ok");
  EXPECT_EQ(Nodes(), "one  1/1");
  EXPECT_EQ(Register("one", kA, true, "1.1.1.9"), "ok");
  EXPECT_EQ(Nodes(), "one  1/1");
}

}  // namespace
}  // namespace konsul::state
