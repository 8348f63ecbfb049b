#include "chaos/schedule_bytes.h"

#include <string>
#include <vector>

#include "chaos/parse.h"
#include "chaos/write.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::chaos {
namespace {

TEST(ScheduleBytes, NothingIsAQuietClusterOfThree) {
  const Experiment experiment = ScheduleFromBytes({});
  EXPECT_EQ(experiment.datacenter.servers, 3u);
  EXPECT_TRUE(experiment.faults.empty());
  EXPECT_FALSE(experiment.op.turns.has_value());
}

TEST(ScheduleBytes, ARecordIsAFault) {
  const std::vector<uint8_t> bytes = {3, 9, 0, 0x80, 0, 0x05, 0x02, 9, 0, 1};
  const Experiment experiment = ScheduleFromBytes(bytes);
  EXPECT_EQ(experiment.datacenter.servers, 5u);
  EXPECT_EQ(experiment.seed, 9u);
  ASSERT_EQ(experiment.faults.size(), 1u);
  const Fault& fault = experiment.faults[0];
  EXPECT_EQ(fault.trigger.at, experiment.duration / 2);
  EXPECT_EQ(fault.duration, 100ms);
  const auto& cut = std::get<NetworkChaos>(fault.body);
  EXPECT_THAT(cut.targets.nodes, ::testing::ElementsAre("n1", "n3"));
  EXPECT_THAT(cut.others->nodes, ::testing::ElementsAre("n2"));
  EXPECT_EQ(cut.direction, Direction::kTo);
}

TEST(ScheduleBytes, WithoutAServerItIsTheLeader) {
  const Experiment experiment =
      ScheduleFromBytes(std::vector<uint8_t>{0, 0, 1, 0, 0, 0, 0, 0, 0, 0});
  const auto& kill = std::get<PodChaos>(experiment.faults.at(0).body);
  EXPECT_EQ(kill.targets.labels.at("raft"), "leader");
  EXPECT_TRUE(kill.restart_after.has_value());
}

TEST(ScheduleBytes, TurnsAreInOrder) {
  const Experiment experiment = ScheduleFromBytes(
      std::vector<uint8_t>{4, 0, 15, 9, 0, 0, 0, 0, 7, 0, 15, 3, 0, 0, 0, 0, 8, 0, 15, 3});
  ASSERT_EQ(experiment.op.turns->size(), 2u);
  EXPECT_EQ((*experiment.op.turns)[0].number, 9u);
  EXPECT_LT((*experiment.op.turns)[0].at, (*experiment.op.turns)[1].at);
}

// What a fuzzer finds is handed to people as a file: that has to be the same experiment.
RC_GTEST_PROP(ScheduleBytes, AnyBytesAreAnExperimentThatCanBeWritten,
              (std::vector<uint8_t> bytes)) {
  const Experiment experiment = ScheduleFromBytes(bytes);
  RC_ASSERT(experiment.faults.size() <= kScheduleRecordsMax);
  const std::string text = WriteExperiment(experiment);
  const auto parsed = ParseExperiment(text, "bytes.yaml");
  if (!parsed.ok()) RC_FAIL(std::string(parsed.status().message()) + text);
  RC_ASSERT(WriteExperiment(*parsed) == text);
}

}  // namespace
}  // namespace konsul::chaos
