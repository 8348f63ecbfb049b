// The fixture of the contract tests: a fresh world per test, and two connected hosts.
#ifndef KONSUL_TESTS_CONTRACT_CONTRACT_FIXTURE_H_
#define KONSUL_TESTS_CONTRACT_CONTRACT_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "tests/contract/contract_world.h"

namespace konsul::contract {

class Contract : public ::testing::TestWithParam<WorldFactory> {
 protected:
  using Talk = std::function<void(env::Env& env, env::Stream& stream)>;

  void SetUp() override { world_ = GetParam().make(); }

  ContractWorld& world() { return *world_; }

  // Host 0 dials host 1; each side does its part with its end of the connection.
  void Connect(Talk dialer, Talk listener) { ConnectIn(world(), dialer, listener); }
  static void ConnectIn(ContractWorld& world, const Talk& dialer, const Talk& listener);

 private:
  std::unique_ptr<ContractWorld> world_;
};

// Shorthands for bodies; failures are reported as test failures.
std::unique_ptr<env::Listener> MustListen(env::Env& env, const std::string& host);
std::unique_ptr<env::DatagramSocket> MustBind(env::Env& env, const std::string& host);
std::unique_ptr<env::Stream> MustDial(env::Env& env, const env::Endpoint& to);
std::unique_ptr<env::File> MustOpen(env::Env& env, const std::string& path, env::OpenMode mode);
// Reads exactly `size` bytes, or fewer when the stream ends before; `room` is the buffer's size.
absl::StatusOr<std::string> ReadSome(env::Env& env, env::Stream& stream, size_t size, size_t room);
// The bytes up to the peer's orderly end.
absl::StatusOr<std::string> ReadToEnd(env::Env& env, env::Stream& stream);
// Up to `size` bytes of a file.
std::string MustRead(env::File& file, uint64_t offset, size_t size);

// `size` bytes in which a shifted, lost or repeated piece shows.
std::string Pattern(size_t size, uint64_t seed = 1);

constexpr Duration kSoon = 20ms;  // long enough to be told from at once
constexpr Duration kLong = 20s;   // a deadline that only a failing test meets

inline std::string WorldName(const ::testing::TestParamInfo<WorldFactory>& info) {
  return info.param.name;
}

}  // namespace konsul::contract

#define KONSUL_CONTRACT(suite)                                                                 \
  INSTANTIATE_TEST_SUITE_P(Contract, suite, ::testing::ValuesIn(::konsul::contract::Worlds()), \
                           ::konsul::contract::WorldName)

#endif  // KONSUL_TESTS_CONTRACT_CONTRACT_FIXTURE_H_
