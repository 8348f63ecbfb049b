#include "sim/workloads/restorer.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "net/http/client.h"
#include "sim/workloads/kv_reply.h"

namespace konsul::workloads {
namespace {

using Generations = checkers::RestoreSafety::Generations;

constexpr uint64_t kStay = 5;
constexpr Duration kPauseAfterError = 20ms;
constexpr uint64_t kPauseMaxMs = 100;
constexpr size_t kKeys = 6;
constexpr size_t kArchivesKept = 3;
constexpr size_t kUploadPiece = 300;

class Restorer {
 public:
  Restorer(const env::Env& env, RestoreShared& shared)
      : env_(env), shared_(shared), random_(env.random.Fork("restorer")) {}

  void Run() {
    while (!shared_.clients->stop && !env_.scheduler.cancelled()) {
      Step();
      const Duration pause = std::chrono::milliseconds(random_.Between(1, kPauseMaxMs));
      if (!env_.Sleep(pause).ok()) return;
    }
  }

 private:
  struct Archive {
    std::string bytes;
    Generations holds;
  };
  // Nothing: no answer to rely on.
  struct Answer {
    int status = 0;
    std::string body;
    uint64_t index = 0;
  };

  void Step() {
    const std::vector<env::Endpoint>& servers = shared_.clients->servers;
    if (server_ == nullptr || random_.Chance(1, kStay)) {
      server_ = std::make_unique<http::Client>(env_, servers[random_.Below(servers.size())]);
    }
    bool good = false;
    switch (random_.Below(6)) {
      case 0:
        good = Write();
        break;
      case 1:
        good = Save();
        break;
      case 2:
      case 3:
        good = archives_.empty() ? Write() : Restore();
        break;
      default:
        good = Read();
    }
    if (good) return;
    server_.reset();
    (void)env_.Sleep(kPauseAfterError);
  }

  std::optional<Answer> Ask(const char* method, const std::string& target,
                            const std::string& body) {
    const Instant deadline = env_.After(shared_.timeout);
    http::Client::Upload upload;
    upload.size = body.size();
    size_t sent = 0;
    upload.next = [&](std::string& piece) {
      piece += body.substr(sent, kUploadPiece);
      sent += kUploadPiece;
      return absl::OkStatus();
    };
    const auto head = server_->Begin(http::Request::Make(method, target), deadline, &upload);
    if (!head.ok()) return std::nullopt;
    Answer answer{.status = head->status};
    while (true) {
      const auto more = server_->ReadBody(answer.body, deadline);
      if (!more.ok()) return std::nullopt;
      if (!*more) break;
    }
    const auto index = head->headers.Get("X-Consul-Index");
    if (index && !absl::SimpleAtoi(*index, &answer.index)) return std::nullopt;
    return answer;
  }

  void Unexpected(const Answer& answer, absl::string_view what) {
    shared_.clients->findings->Report(
        "unexpected-reply", absl::StrCat(what, " was answered with status ", answer.status, ": ",
                                         answer.body.substr(0, 200)));
  }

  // What changes something: its outcome for the oracle.
  bool Note(const std::optional<Answer>& answer, Generations made) {
    const bool never = !server_->maybe_sent() || (answer && answer->status == 429);
    if (answer && answer->status == 200) {
      shared_.oracle->OnDone(std::move(made));
      return true;
    }
    if (!never) shared_.oracle->OnUnknown(std::move(made));
    return false;
  }

  bool Write() {
    const uint64_t generation = ++shared_.generation;
    const std::string value = absl::Base64Escape(absl::StrCat(generation));
    std::string ops = "[";
    for (size_t i = 0; i < kKeys; ++i) {
      absl::StrAppend(&ops, i > 0 ? "," : "", R"({"KV":{"Verb":"set","Key":")", shared_.prefix, i,
                      R"(","Value":")", value, R"("}})");
    }
    const auto answer = Ask("PUT", "/v1/txn", absl::StrCat(ops, "]"));
    if (answer && answer->status >= 400 && answer->status < 500 && answer->status != 429 &&
        answer->status != 408) {
      Unexpected(*answer, "a transaction");
    }
    return Note(answer, {generation});
  }

  bool Save() {
    // A step whose outcome is unknown may happen meanwhile.
    const auto answer = Ask("GET", "/v1/snapshot", "");
    if (!answer || answer->status != 200) return false;
    ++shared_.saved;
    if (archives_.size() == kArchivesKept) archives_.erase(archives_.begin());
    archives_.push_back({answer->body, shared_.oracle->Saved()});
    return true;
  }

  bool Restore() {
    const Archive& archive = archives_[random_.Below(archives_.size())];
    if (random_.Chance(1, 6)) return SendDamaged(archive.bytes);
    if (random_.Chance(1, 6)) {
      const auto answer = Ask("PUT", "/v1/snapshot?dry-run", archive.bytes);
      return answer && answer->status == 200;
    }
    const auto answer = Ask("PUT", "/v1/snapshot", archive.bytes);
    if (answer && answer->status >= 400 && answer->status < 500 && answer->status != 429 &&
        answer->status != 408) {
      Unexpected(*answer, "an intact archive");
    }
    const bool done = Note(answer, archive.holds);
    ++(done ? shared_.restored : shared_.unknown);
    return done;
  }

  bool SendDamaged(std::string bytes) {
    const size_t at = random_.Below(bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.Below(8)));
    const auto answer = Ask("PUT", "/v1/snapshot?dry-run", bytes);
    if (!answer) return false;
    // Of gzip's head, not every bit means something.
    constexpr size_t kGzipHead = 10;
    if (answer->status == 200 && at >= kGzipHead) Unexpected(*answer, "a damaged archive");
    ++shared_.refused;
    return true;
  }

  bool Read() {
    const auto answer = Ask("GET",
                            absl::StrCat("/v1/kv/", shared_.prefix,
                                         random_.Chance(1, 2) ? "?recurse&consistent" : "?recurse"),
                            "");
    if (!answer || (answer->status != 200 && answer->status != 404)) return false;
    std::vector<checkers::RestoreSafety::Item> items;
    if (answer->status == 200) {
      const auto parsed = ParseKvReply(answer->body);
      if (!parsed.ok()) {
        Unexpected(*answer, "a read");
        return false;
      }
      for (const KvItem& item : *parsed) {
        items.push_back({item.key, item.value, item.modify_index});
      }
    }
    shared_.oracle->OnRead(kKeys, server_->server().host, items, answer->index);
    return true;
  }

  const env::Env env_;
  RestoreShared& shared_;
  env::Random random_;
  std::unique_ptr<http::Client> server_;
  std::vector<Archive> archives_;
};

}  // namespace

void RunRestorer(const env::Env& env, RestoreShared& shared) { Restorer(env, shared).Run(); }

}  // namespace konsul::workloads
