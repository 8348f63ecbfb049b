// The whole API on a fake cluster, asked request by request.
#ifndef KONSUL_NET_API_ROUTES_SUPPORT_H_
#define KONSUL_NET_API_ROUTES_SUPPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/api/long_reads.h"
#include "core/api/stream.h"
#include "core/state/change_log.h"
#include "gtest/gtest.h"
#include "net/api/fake_consensus_support.h"
#include "net/api/fake_operator_support.h"
#include "net/api/fake_process_support.h"
#include "net/api/routes.h"
#include "net/http/memory_stream_support.h"
#include "net/http/uri.h"

namespace konsul::net_api {

class StandingClock : public env::Clock {
 public:
  Instant Now() const override { return Instant{1'000'000'000}; }
  WallTime WallNow() const override { return {1'502'160'910'000'000'000}; }
};

class RoutesTest : public ::testing::Test {
 protected:
  // `ask` is "METHOD target".
  http::Response Ask(absl::string_view ask, std::string body = {}) {
    const std::vector<std::string> parts = absl::StrSplit(ask, absl::MaxSplits(' ', 1));
    http::Request request;
    request.method = parts[0];
    request.target = parts[1];
    request.body = std::move(body);
    request.headers = request_headers_;
    const absl::Status parsed =
        http::ParseTarget(request.method, request.target, request.path, request.query);
    EXPECT_TRUE(parsed.ok()) << parsed;
    http::Response response;
    bool answered = false;
    fiber::Group group(scheduler_);
    group.Spawn("request", [&] {
      response = routes_.Handle(request);
      answered = true;
    });
    scheduler_.Run(clock_.Now());
    EXPECT_TRUE(answered);
    EXPECT_EQ(store_.open_transactions(), 0);
    return response;
  }

  // "200 true", "404": status and body.
  std::string Brief(absl::string_view ask, std::string body = {}) {
    const http::Response response = Ask(ask, std::move(body));
    return absl::StrCat(response.status, response.body.empty() ? "" : " ", response.body);
  }
  // Status, each header on a line, an empty line, body.
  std::string Full(absl::string_view ask, std::string body = {}) {
    const http::Response response = Ask(ask, std::move(body));
    std::string text = absl::StrCat(response.status, "\n");
    for (size_t i = 0; i < response.headers.size(); ++i) {
      absl::StrAppend(&text, response.headers[i].name, ": ", response.headers[i].value, "\n");
    }
    return absl::StrCat(text, "\n", response.body);
  }
  // X-Consul-Index alone.
  std::string IndexOf(absl::string_view ask) {
    return std::string(Ask(ask).headers.Get("X-Consul-Index").value_or("none"));
  }

  http::Headers request_headers_;  // of all that is asked
  fiber::StackPool pool_;
  fiber::Scheduler scheduler_{pool_};
  StandingClock clock_;
  state::MemoryStore store_;
  FakeConsensus consensus_{scheduler_, store_};
  FakeOperator cluster_{scheduler_, store_};
  api::IdSource ids_{env::Random(1)};
  FakeProcess process_;
  http::MemoryNetwork network_{scheduler_};
  http::NoDisk disk_;
  state::ChangeLog changes_{scheduler_, {}};
  api::Streams streams_{
      env::Env{clock_, network_, disk_, env::Random(1), scheduler_, NullLogger()}, changes_, {}};
  api::LongReads long_reads_{scheduler_, {.most = 2, .piece_bytes = 64}};
  Routes routes_{api::Context{.consensus = consensus_,
                              .cluster = cluster_,
                              .store = store_,
                              .clock = clock_,
                              .ids = &ids_,
                              .streams = &streams_,
                              .long_reads = &long_reads_,
                              .process = &process_,
                              .http_load = [] {
                                return api::HttpLoad{
                                    .connections = 3, .parked = 2, .accepted = 5, .requests = 7};
                              }}};
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_ROUTES_SUPPORT_H_
