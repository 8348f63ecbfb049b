#include "sim/workloads/streamer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"
#include "net/http/client.h"
#include "sim/workloads/kv_reply.h"

namespace konsul::workloads {
namespace {

constexpr Duration kPauseAfterError = 20ms;
// Pieces read from one server, on average.
constexpr uint64_t kStay = 30;
constexpr int kChanges = 60;
constexpr uint64_t kKeys = 12;
constexpr Duration kChangeTimeout = 20s;
constexpr int kTries = 5;
constexpr Duration kSettled = 3s;

class Streamer {
 public:
  Streamer(const env::Env& env, size_t number, StreamShared& shared)
      : env_(env),
        number_(number),
        shared_(shared),
        oracle_(*shared.oracle),
        random_(env.random.Fork(absl::StrCat("streamer ", number))) {}

  void Run() {
    while (!env_.scheduler.cancelled()) {
      Follow();
      if (!env_.Sleep(kPauseAfterError).ok()) return;
    }
  }

 private:
  void Follow() {
    const std::vector<env::Endpoint>& servers = shared_.clients->servers;
    http::Client client(env_, servers[random_.Below(servers.size())]);
    server_ = client.server().host;
    std::string target = "/v1/stream?table=kv";
    for (const std::string& prefix : oracle_.prefixes(number_)) {
      absl::StrAppend(&target, "&prefix=", prefix);
    }
    if (oracle_.coalesces(number_)) target += "&coalesce";
    const uint64_t position = oracle_.position(number_);
    // Who does not ask for the leader's word can go on at a server that is behind.
    if (position != 0 && random_.Chance(1, 2)) target += "&stale";
    http::Request request = http::Request::Make("GET", target);
    if (position != 0) request.headers.Set("Last-Event-ID", absl::StrCat(position));
    const auto reply = client.Begin(request, env_.After(shared_.patience));
    if (!reply.ok()) return;
    if (reply->status == 410) return Refused(client);
    if (reply->status >= 500 || reply->status == 429 || reply->status == 408) return;
    if (reply->status != 200) return Unexpected(absl::StrCat("status ", reply->status));
    if (position != 0) ++shared_.resumed;
    buffer_.clear();
    event_ = Event();
    whole_ = StreamData();
    while (!shared_.leave || !random_.Chance(1, kStay)) {
      const auto more = client.ReadBody(buffer_, env_.After(shared_.patience));
      if (!more.ok() || !*more || !Learn()) return;
    }
  }

  void Refused(http::Client& client) {
    std::string text;
    while (true) {
      const auto more = client.ReadBody(text, env_.After(shared_.patience));
      if (!more.ok()) return;
      if (!*more) break;
    }
    const size_t at = text.find("can resume from index ");
    uint64_t oldest = 0;
    const std::string rest = at == std::string::npos ? "" : text.substr(at + 22);
    if (!absl::SimpleAtoi(rest.substr(0, rest.find('.')), &oldest)) {
      return Unexpected(absl::StrCat("410: ", text));
    }
    ++shared_.too_late;
    oracle_.OnTooLate(number_, server_, oldest);
  }

  // What is complete of that which came; false: begin anew.
  bool Learn() {
    size_t begin = 0;
    for (size_t end; (end = buffer_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const absl::string_view line = absl::string_view(buffer_).substr(begin, end - begin);
      if (line.empty()) {
        const Event event = std::exchange(event_, Event());
        if (!event.data.empty() && !Dispatch(event)) return false;
      } else if (absl::ConsumePrefix(&(rest_ = line), "event: ")) {
        event_.name = std::string(rest_);
      } else if (absl::ConsumePrefix(&(rest_ = line), "data: ")) {
        event_.data = std::string(rest_);
      } else if (absl::ConsumePrefix(&(rest_ = line), "id: ")) {
        event_.id = std::string(rest_);
      }
    }
    buffer_.erase(0, begin);
    return true;
  }

  struct Event {
    std::string name, data, id;
  };

  bool Dispatch(const Event& event) {
    absl::StatusOr<StreamData> data = ParseStreamData(event.data);
    if (!data.ok()) {
      Unexpected(absl::StrCat(data.status().message(), ": ", event.data.substr(0, 200)));
      return false;
    }
    const bool whole = !data->more && event.name != "too-late";
    if (event.id != (whole ? absl::StrCat(data->index) : "")) {
      Unexpected(absl::StrCat("id \"", event.id, "\" with ", event.data.substr(0, 200)));
      return false;
    }
    std::move(data->rows.begin(), data->rows.end(), std::back_inserter(whole_.rows));
    std::move(data->deleted.begin(), data->deleted.end(), std::back_inserter(whole_.deleted));
    if (data->more) return true;
    const StreamData all = std::exchange(whole_, StreamData());
    if (event.name == "progress") {
      ++shared_.progress;
      oracle_.OnProgress(number_, server_, data->index);
    } else if (event.name == "too-late") {
      ++shared_.too_late;
      oracle_.OnTooLate(number_, server_, data->oldest);
      return false;
    } else if (event.name == "state") {
      ++shared_.states;
      checkers::StreamCompleteness::Rows rows;
      for (const KvItem& item : all.rows) rows[item.key] = RowText(item);
      oracle_.OnState(number_, server_, data->index, rows);
    } else {
      ++shared_.changes;
      checkers::StreamCompleteness::Changes changes;
      for (const KvItem& item : all.rows) changes[item.key] = RowText(item);
      for (const std::string& key : all.deleted) changes[key] = std::nullopt;
      if (changes.size() != all.rows.size() + all.deleted.size()) Unexpected("a key twice");
      oracle_.OnChanges(number_, server_, data->index, changes);
    }
    return true;
  }

  void Unexpected(const std::string& what) {
    shared_.clients->findings->Report(
        "unexpected-reply",
        absl::StrCat("streamer ", number_, " was answered by ", server_, " with ", what));
  }

  const env::Env env_;
  const size_t number_;
  StreamShared& shared_;
  checkers::StreamCompleteness& oracle_;
  env::Random random_;
  std::string server_;
  std::string buffer_;
  absl::string_view rest_;
  Event event_;       // that is arriving
  StreamData whole_;  // of the pieces that came of it
};

}  // namespace

std::string RowText(const KvItem& item) {
  return absl::StrCat(item.create_index, "/", item.modify_index, "/", item.lock_index, " ",
                      item.session, " ", item.value);
}

void RunStreamer(const env::Env& env, size_t streamer, StreamShared& shared) {
  Streamer(env, streamer, shared).Run();
}

absl::Status RunStreamedChanges(const env::Env& env, StreamShared& shared) {
  env::Random random = env.random.Fork("streamed changes");
  const std::vector<env::Endpoint>& servers = shared.clients->servers;
  for (int i = 0; i < kChanges; ++i) {
    absl::Status status;
    for (int tries = 0; tries < kTries; ++tries) {
      http::Client client(env, servers[random.Below(servers.size())]);
      const std::string key = absl::StrCat("/v1/kv/", shared.changed, random.Below(kKeys));
      const uint64_t what = random.Below(12);
      const auto reply = client.Do(
          what == 0   ? http::Request::Make("DELETE", "/v1/kv/" + shared.changed + "?recurse")
          : what <= 3 ? http::Request::Make("DELETE", key)
                      : http::Request::Make("PUT", key,
                                            absl::StrCat("s", ++shared.clients->values_written)),
          env.After(kChangeTimeout));
      if (absl::IsCancelled(reply.status())) return reply.status();
      status = reply.ok() && reply->status == 200
                   ? absl::OkStatus()
                   : absl::UnavailableError(
                         absl::StrCat("a change was answered with ",
                                      reply.ok() ? reply->body : reply.status().ToString()));
      if (status.ok()) break;
      // Where elections come early, leaders change without any fault.
      KONSUL_RETURN_IF_ERROR(env.Sleep(kSettled));
    }
    KONSUL_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace konsul::workloads
