#include "sim/checkers/txn_atomicity.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

class TxnAtomicityTest : public ::testing::Test {
 protected:
  std::string Found() const { return findings_.empty() ? "" : findings_.list()[0].text; }

  Findings findings_;
  TxnAtomicity oracle_{findings_};
};

TEST_F(TxnAtomicityTest, AllOrNothing) {
  oracle_.OnRead("s/", 2, "n1", {});
  oracle_.OnRead("s/", 2, "n1", {{"s/0", "x", 4}, {"s/1", "x", 4}});
  EXPECT_EQ(Found(), "");
  oracle_.OnRead("s/", 2, "n1", {{"s/0", "x", 4}});
  EXPECT_THAT(Found(), HasSubstr("of the 2 keys of s/, n1 has shown s/0 = x @4"));
}

TEST_F(TxnAtomicityTest, OneValue) {
  oracle_.OnRead("s/", 2, "n1", {{"s/0", "x", 4}, {"s/1", "y", 4}});
  EXPECT_THAT(Found(), HasSubstr("s/0 = x @4, s/1 = y @4"));
}

TEST_F(TxnAtomicityTest, OneIndex) {
  oracle_.OnRead("s/", 2, "n1", {{"s/0", "x", 4}, {"s/1", "x", 5}});
  EXPECT_THAT(Found(), HasSubstr("s/1 = x @5"));
}

}  // namespace
}  // namespace konsul::checkers
