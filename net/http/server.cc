#include "net/http/server.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "net/http/connection.h"
#include "net/http/date.h"

namespace konsul::http {
namespace {

// Refusals that are being told at one time; connections beyond are closed without a word.
constexpr size_t kRefusalsMax = 32;

}  // namespace

Server::Server(const env::Env& env, const ServerOptions& options, Handler handler)
    : env_(env),
      options_(options),
      handler_(std::move(handler)),
      stop_signal_(env.scheduler),
      stops_(env.scheduler),
      all_gone_(env.scheduler),
      connections_(env.scheduler) {
  connections_.LimitResumed(options.resumed_max);
}

Server::~Server() {
  KONSUL_CHECK(listeners_.empty(), "Serve() is still running");
  connections_.Cancel();
  connections_.Join();
}

absl::Status Server::Serve(std::unique_ptr<env::Listener> listener) {
  if (stopping_) return absl::OkStatus();
  listeners_.push_back(listener.get());
  absl::Cleanup forget = [&] {
    std::erase(listeners_, listener.get());
    all_gone_.WakeAll();
  };
  bool failing = false;
  while (true) {
    absl::StatusOr<std::unique_ptr<env::Stream>> stream = listener->Accept(Instant::Never());
    if (stopping_) return absl::OkStatus();
    if (stream.ok()) {
      failing = false;
      Admit(*std::move(stream));
      continue;
    }
    const absl::Status& status = stream.status();
    if (absl::IsCancelled(status) || absl::IsUnavailable(status)) return status;
    // Out of descriptors, or an error of the one connection. Connections that end will help; one
    // line tells about it, not one per attempt.
    if (!failing) {
      env_.logger.Warn("http", "cannot accept connections, trying again",
                       {{"listener", listener->local().ToString()}, {"error", status.ToString()}});
    }
    failing = true;
    const absl::Status waited = stop_signal_.Wait(env_.After(options_.accept_retry));
    if (absl::IsCancelled(waited)) return waited;
  }
}

void Server::Admit(std::unique_ptr<env::Stream> stream) {
  const std::string client = stream->peer().host;
  if (open_.size() - parked_ >= options_.connections_max) {
    Refuse(std::move(stream), 503, "Too many connections");
    return;
  }
  if (options_.connections_per_client_max > 0) {
    const auto it = per_client_.find(client);
    if (it != per_client_.end() && it->second >= options_.connections_per_client_max) {
      Refuse(std::move(stream), 429, "Too many connections from your address");
      return;
    }
  }
  ++stats_.accepted;
  ++per_client_[client];
  const uint64_t id = next_connection_++;
  auto connection = std::make_unique<Connection>(*this, id, std::move(stream));
  open_.emplace(id, connection.get());
  connections_.Spawn(
      absl::StrCat("http ", client),
      [this, connection = std::move(connection)]() mutable { Run(std::move(connection)); });
}

void Server::Run(std::unique_ptr<Connection> connection) {
  if (connection->Run() == Connection::Outcome::kParks) {
    Park(std::move(connection));
    return;
  }
  open_.erase(connection->id());
  const auto it = per_client_.find(connection->peer().host);
  if (--it->second == 0) per_client_.erase(it);
  connection.reset();
  if (open_.empty()) all_gone_.WakeAll();
}

void Server::Park(std::unique_ptr<Connection> connection) {
  ++parked_;
  Connection& parked = *connection;
  connections_.Park(parked.TakeContinuation(), "http parked", parked.park_deadline(),
                    [this, connection = std::move(connection)]() mutable {
                      --parked_;
                      Run(std::move(connection));
                    });
}

void Server::Refuse(std::unique_ptr<env::Stream> stream, int status, absl::string_view text) {
  ++stats_.refused;
  if (refusing_ >= kRefusalsMax) return;
  ++refusing_;
  std::string bytes;
  AppendResponse(Overload(status, text), {.close = true, .date = Date()}, bytes);
  connections_.Spawn("http refusal", [this, bytes = std::move(bytes), stream = std::move(stream)] {
    if (stream->Write(bytes, env_.After(1s)).ok()) CloseGently(env_, *stream);
    --refusing_;
  });
}

absl::Status Server::Stop(Instant deadline) {
  stopping_ = true;
  for (env::Listener* listener : listeners_) listener->Close();
  stop_signal_.WakeAll();
  stops_.WakeAll();
  absl::Status status;
  const auto all_gone = [&] { return open_.empty() && listeners_.empty(); };
  const Instant grace = std::min(deadline, env_.After(options_.drain_grace));
  while (!all_gone() && status.ok() && env_.clock.Now() < grace) status = all_gone_.Wait(grace);
  if (absl::IsDeadlineExceeded(status)) status = absl::OkStatus();
  grace_is_over_ = true;
  for (const auto& [id, connection] : open_) connection->EndSoon();
  while (!all_gone() && status.ok()) status = all_gone_.Wait(deadline);
  if (all_gone()) status = absl::OkStatus();
  connections_.Cancel();
  connections_.Join();
  while (!listeners_.empty()) all_gone_.WaitUncancellable();
  return status;
}

absl::string_view Server::Date() {
  if (!options_.send_date) return {};
  const int64_t second = env_.clock.WallNow().ns / 1'000'000'000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = FormatImfFixdate(WallTime{second * 1'000'000'000});
  }
  return date_;
}

}  // namespace konsul::http
