#include "core/state/row_diff.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/state/meta.h"
#include "core/wire/catalog.h"
#include "core/wire/kv.h"
#include "core/wire/session.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::state {
namespace {

using Change = RowDifference::Change;
using Contents = std::map<std::pair<Table, std::string>, std::string>;
using ::testing::ElementsAre;

class ContentRows final : public RowSource {
 public:
  explicit ContentRows(const Contents& contents) : at_(contents.begin()), end_(contents.end()) {}
  absl::StatusOr<bool> Next(Row& row) override {
    if (at_ == end_) return false;
    row = {at_->first.first, at_->first.second, at_->second};
    ++at_;
    return true;
  }

 private:
  Contents::const_iterator at_, end_;
};

absl::StatusOr<RowDiff> Diff(const Contents& a, const Contents& b, size_t first_max = 100) {
  ContentRows before(a);
  ContentRows after(b);
  return Compare(before, after, first_max);
}

// "+ name", "- name", "~ name: fields", each with the table's number before.
std::vector<std::string> Lines(const RowDiff& diff) {
  std::vector<std::string> lines;
  for (const RowDifference& one : diff.first) {
    std::string line = std::to_string(static_cast<int>(one.table));
    line += one.change == Change::kAdded ? " + " : one.change == Change::kRemoved ? " - " : " ~ ";
    line += one.name;
    for (const absl::string_view field : one.fields) line += ", " + std::string(field);
    lines.push_back(line);
  }
  return lines;
}

TEST(RowDiff, NamesWhatPeopleSeeAndNothingElse) {
  wire::KvEntry kv{.value = "v", .flags = 1, .create_index = 5, .modify_index = 6};
  wire::Node node{.name = "Web", .address = "10.0.0.1"};
  wire::Check check{.node = "Web", .id = "alive", .status = "passing"};
  const wire::Session session{.id = "s-1", .node = "Web"};
  const wire::Event event{.id = "e", .name = "deploy", .ltime = 7};
  Contents a = {{{Table::kMeta, "applied"}, "1"},
                {{Table::kKv, "gone"}, wire::EncodeKvEntry(kv)},
                {{Table::kKv, "same"}, wire::EncodeKvEntry(kv)},
                {{Table::kKv, "touched"}, wire::EncodeKvEntry(kv)},
                {{Table::kKv, "two"}, wire::EncodeKvEntry(kv)},
                {{Table::kNodes, "web"}, wire::EncodeNode(node)},
                {{Table::kChecks, std::string("web\0alive", 9)}, wire::EncodeCheck(check)}};
  Contents b = a;
  EXPECT_EQ(Diff(a, b)->all(), 0u);
  b.erase({Table::kKv, "gone"});
  kv.modify_index = 9;
  b[{Table::kKv, "touched"}] = wire::EncodeKvEntry(kv);
  kv.value = "other";
  kv.session = "s-1";
  b[{Table::kKv, "two"}] = wire::EncodeKvEntry(kv);
  b[{Table::kMeta, "applied"}] = "2";
  b[{Table::kRenewals, "s-1"}] = "3";
  b[{Table::kSessions, "s-1"}] = wire::EncodeSession(session);
  b[{Table::kEvents, EncodeU64(7)}] = wire::EncodeEvent(event);
  node.address = "10.0.0.2";
  b[{Table::kNodes, "web"}] = wire::EncodeNode(node);
  check.status = "critical";
  check.output = "refused";
  b[{Table::kChecks, std::string("web\0alive", 9)}] = wire::EncodeCheck(check);
  const auto diff = Diff(a, b);
  ASSERT_TRUE(diff.ok()) << diff.status();
  EXPECT_THAT(
      Lines(*diff),
      ElementsAre("1 - gone", "1 ~ touched, indexes", "1 ~ two, value, session, indexes", "3 + s-1",
                  "9 ~ Web, address", "10 ~ web/alive, status, output", "11 + 7 deploy"));
  EXPECT_EQ(diff->of(Table::kKv), (RowDiff::Counts{0, 1, 2}));
  EXPECT_EQ(diff->of(Table::kMeta), RowDiff::Counts());
  EXPECT_EQ(diff->all(), 7u);
  EXPECT_THAT(Lines(*Diff(b, a, 2)), ElementsAre("1 + gone", "1 ~ touched, indexes"));
  EXPECT_EQ(Diff(b, a, 2)->all(), 7u);
}

TEST(RowDiff, ARowThatMakesNoSenseIsDataLoss) {
  const Contents a = {{{Table::kKv, "k"}, "nonsense"}};
  const Contents b = {{{Table::kKv, "k"}, "also"}};
  EXPECT_TRUE(absl::IsDataLoss(Diff(a, b).status()));
  EXPECT_TRUE(absl::IsDataLoss(Diff({}, {{{Table::kNodes, "n"}, "x"}}).status()));
}

// Against what two maps say.
RC_GTEST_PROP(RowDiffProperty, CountsAreThoseOfTwoSets, ()) {
  const auto contents = [] {
    Contents some;
    for (const auto& [key, value] : *rc::gen::container<std::map<std::pair<int, char>, int>>(
             rc::gen::pair(rc::gen::inRange(0, kTableCount), rc::gen::inRange('a', 'h')),
             rc::gen::inRange(0, 2))) {
      // Rows of one kind will do.
      const auto table = key.first < 6 ? Table::kKv : Table::kMeta;
      some[{table, std::string(static_cast<size_t>(key.first + 1), key.second)}] =
          wire::EncodeKvEntry({.flags = static_cast<uint64_t>(value)});
    }
    return some;
  };
  const Contents a = contents();
  const Contents b = contents();
  RowDiff::Counts expected;
  for (const auto& [key, value] : a) {
    if (key.first != Table::kKv) continue;
    const auto found = b.find(key);
    expected.removed += found == b.end();
    expected.changed += found != b.end() && found->second != value;
  }
  for (const auto& [key, value] : b) expected.added += key.first == Table::kKv && !a.count(key);
  const auto diff = Diff(a, b, *rc::gen::inRange<size_t>(0, 5));
  RC_ASSERT(diff.ok());
  RC_ASSERT(diff->of(Table::kKv) == expected);
  RC_ASSERT(diff->all() == expected.all());
}

}  // namespace
}  // namespace konsul::state
