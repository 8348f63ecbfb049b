#include "sim/scenarios/scenarios.h"

#include <fstream>
#include <sstream>

#include "chaos/parse.h"
#include "gtest/gtest.h"

namespace konsul::scenarios {
namespace {

TEST(Scenarios, EachIsValidAndSaysWhatItIsFor) {
  ASSERT_FALSE(All().empty());
  for (const Scenario& scenario : All()) {
    const auto experiment = chaos::ParseExperiment(scenario.text, scenario.name + ".yaml");
    EXPECT_TRUE(experiment.ok()) << experiment.status();
    EXPECT_FALSE(scenario.Summary().empty()) << scenario.name;
    EXPECT_EQ(Find(scenario.name), &scenario);
    if (experiment.ok()) {
      EXPECT_EQ(experiment->name, scenario.name);
    }
  }
  EXPECT_EQ(Find("no such"), nullptr);
  EXPECT_NE(Find("default"), nullptr);
}

TEST(Scenarios, EachIsInTheGallery) {
  std::stringstream page;
  page << std::ifstream(KONSUL_SOURCE_DIR "/docs/scenarios.md").rdbuf();
  for (const Scenario& scenario : All()) {
    EXPECT_NE(page.str().find("| `" + scenario.name + "` |"), std::string::npos) << scenario.name;
  }
}

}  // namespace
}  // namespace konsul::scenarios
