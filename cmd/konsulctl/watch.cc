#include <signal.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/child.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/pretty_json.h"
#include "cmd/konsulctl/watch_view.h"
#include "core/base/status.h"
#include "core/fiber/channel.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

constexpr Duration kWait = 5min;
// On top of the wait, with the sixteenth that servers add to it.
constexpr Duration kReplyTimeout = 1min;
constexpr Duration kRetryMin = 1s;
constexpr Duration kRetryMax = 30s;

class Watcher {
 public:
  Watcher(Api& api, client::Host& host, const flags::Parsed& parsed, WatchView view)
      : api_(api), host_(host), parsed_(parsed), view_(std::move(view)) {}

  // Until the command fails or, without one, the first news are told. Suspends.
  absl::Status Follow() {
    Duration retry = kRetryMin;
    while (true) {
      const absl::StatusOr<http::Response> reply = Ask();
      if (reply.ok()) {
        retry = kRetryMin;
        KONSUL_ASSIGN_OR_RETURN(const bool done, Tell(*reply));
        if (done) return absl::OkStatus();
        continue;
      }
      // A mistake shows at once; later it is the server's trouble, which passes.
      if (!told_ || absl::IsCancelled(reply.status())) return reply.status();
      host_.Complain(reply.status().message());
      KONSUL_RETURN_IF_ERROR(api_.env().Sleep(retry));
      retry = std::min(2 * retry, kRetryMax);
    }
  }

  // After Follow was cancelled: whatever it had started.
  void StopHandler() {
    if (handler_ != nullptr) StopChild(api_.env(), *handler_, SIGTERM).IgnoreError();
  }

 private:
  absl::StatusOr<http::Response> Ask() {
    std::vector<http::QueryParameter> query = view_.query();
    if (index_ > 0) {
      query.push_back({"index", absl::StrCat(index_)});
      query.push_back({"wait", absl::StrCat(kWait / 1s, "s")});
    }
    return api_.Call("GET", view_.path(), std::move(query), "", kWait + kReplyTimeout);
  }

  absl::StatusOr<bool> Tell(const http::Response& reply) {
    const uint64_t index = IndexOf(reply);
    // A server that cannot wait must not be asked all the time.
    if (index == 0) KONSUL_RETURN_IF_ERROR(api_.env().Sleep(told_ ? kRetryMin : 0s));
    // Going back means that the data was replaced.
    index_ = index < index_ ? 0 : index;
    KONSUL_ASSIGN_OR_RETURN(const auto news, view_.News(reply));
    if (!news) return false;
    told_ = true;
    if (!parsed_.positional.empty()) {
      KONSUL_RETURN_IF_ERROR(RunHandler(*news, index));
      return false;
    }
    const bool follow = parsed_.GetBool("follow");
    host_.Print(follow || WantsJson(parsed_) ? absl::StrCat(boost::json::serialize(*news), "\n")
                                             : PrettyJson(*news));
    return !follow;
  }

  absl::Status RunHandler(const boost::json::value& news, uint64_t index) {
    const std::string number = absl::StrCat(index);
    KONSUL_ASSIGN_OR_RETURN(
        handler_, host_.Start({.words = ProgramOf(parsed_, parsed_.positional),
                               .environment = {{"CONSUL_INDEX", number}, {"KONSUL_INDEX", number}},
                               .input = absl::StrCat(boost::json::serialize(news), "\n")}));
    KONSUL_ASSIGN_OR_RETURN(const int code, handler_->Wait(Instant::Never()));
    handler_.reset();
    if (code == 0) return absl::OkStatus();
    return absl::UnknownError(absl::StrCat("Error! The command failed with exit code ", code));
  }

  Api& api_;
  client::Host& host_;
  const flags::Parsed& parsed_;
  WatchView view_;
  uint64_t index_ = 0;
  bool told_ = false;
  std::unique_ptr<client::Child> handler_;
};

absl::StatusOr<Outcome> RunWatch(Api& api, client::Host& host, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(WatchView view, WatchView::Of(parsed));
  Watcher watcher(api, host, parsed, std::move(view));
  absl::Status status;
  {
    fiber::Channel<bool> ended(api.env().scheduler, 2);
    fiber::Group fibers(api.env().scheduler);
    fibers.Spawn("watch", [&] {
      status = watcher.Follow();
      ended.TryPush(true);
    });
    fibers.Spawn("signals", [&] {
      if (host.NextSignal(Instant::Never()).ok()) ended.TryPush(true);
    });
    KONSUL_RETURN_IF_ERROR(ended.Pop().status());
  }
  watcher.StopHandler();
  // Whoever watches without end is ended by a signal.
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  return Outcome::Ok("");
}

}  // namespace

Command WatchCommand() {
  return {
      "watch",
      "[COMMAND...]",
      "Run a command at each change of something, or print it.\n\n"
      "COMMAND finds the present state as JSON on its standard input and the index in\n"
      "KONSUL_INDEX and CONSUL_INDEX. It is run once at the beginning, then after changes, one\n"
      "at a time: of changes that come meanwhile it sees the last. The watch ends with exit code\n"
      "1 when COMMAND fails, and with 0 at SIGINT or SIGTERM, which COMMAND is sent too. Lost\n"
      "connections are complained about and made again.\n\n"
      "Without COMMAND, the state is printed once; with -follow, one line for each change. A key\n"
      "that is not there is null. Flags come before COMMAND:\n\n"
      "  konsulctl watch -type=keyprefix -prefix=config/ 'jq length'\n"
      "  konsulctl watch -type=event -name=deploy -shell=false /usr/local/bin/deploy --now",
      WithReadFlags(
          {{"type", Kind::kString, "TYPE",
            "key (with -key), keyprefix (with -prefix), nodes, or event. Must be given.",
            WatchView::Types()},
           {"key", Kind::kString, "KEY", "The key of -type=key."},
           {"prefix", Kind::kString, "PREFIX", "The prefix of -type=keyprefix; may be empty."},
           {"name", Kind::kString, "NAME", "Of -type=event: only events of this name."},
           {"follow", Kind::kBool, "", "Without COMMAND: go on after the first line."},
           ShellFlag()}),
      0,
      kAnyNumber,
      RunWatch,
      flags::Order::kFlagsFirst};
}

}  // namespace konsul::ctl
