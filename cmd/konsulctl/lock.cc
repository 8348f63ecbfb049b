#include <signal.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cmd/konsulctl/child.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/holder.h"
#include "core/base/status.h"
#include "core/fiber/channel.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

// Exit codes of its own, of which programs make little use.
constexpr int kExitNotObtained = 75;
constexpr int kExitLost = 76;

constexpr Duration kTtlMin = 10s;
constexpr Duration kTtlMax = 24h;
constexpr Duration kLockDelayMax = 60s;

struct Settings {
  std::string prefix;
  std::vector<std::string> words;
  uint64_t places = 1;
  uint64_t retries = 0;
  Duration timeout{};  // 0: without end
  SessionSpec session;
};

absl::StatusOr<Duration> DurationOf(const flags::Parsed& parsed, const std::string& flag,
                                    const std::string& fallback, Duration low, Duration high) {
  const auto value = flags::ParseDuration(parsed.Get(flag, fallback));
  if (value && *value >= low && *value <= high) return *value;
  return absl::InvalidArgumentError(absl::StrCat("-", flag, " is a duration like 15s, from ",
                                                 low / 1s, "s to ", high / 1s, "s; not \"",
                                                 parsed.Get(flag), "\""));
}

absl::StatusOr<uint64_t> CountOf(const flags::Parsed& parsed, const std::string& flag,
                                 const std::string& fallback, uint64_t low) {
  const auto value = flags::ParseNumber(parsed.Get(flag, fallback), low, 1'000'000);
  if (value) return *value;
  return absl::InvalidArgumentError(
      absl::StrCat("-", flag, " is a number, at least ", low, "; not \"", parsed.Get(flag), "\""));
}

absl::StatusOr<Settings> SettingsOf(const flags::Parsed& parsed) {
  Settings settings;
  absl::string_view prefix = parsed.positional[0];
  while (absl::ConsumePrefix(&prefix, "/") || absl::ConsumeSuffix(&prefix, "/")) {
  }
  if (prefix.empty()) return absl::InvalidArgumentError("the PREFIX is empty");
  settings.prefix = std::string(prefix);
  settings.words.assign(parsed.positional.begin() + 1, parsed.positional.end());
  KONSUL_ASSIGN_OR_RETURN(settings.places, CountOf(parsed, "n", "1", 1));
  KONSUL_ASSIGN_OR_RETURN(settings.retries, CountOf(parsed, "monitor-retry", "3", 0));
  KONSUL_ASSIGN_OR_RETURN(settings.timeout, DurationOf(parsed, "timeout", "0", 0s, kTtlMax));
  KONSUL_ASSIGN_OR_RETURN(settings.session.ttl,
                          DurationOf(parsed, "session-ttl", "15s", kTtlMin, kTtlMax));
  KONSUL_ASSIGN_OR_RETURN(settings.session.lock_delay,
                          DurationOf(parsed, "lock-delay", "15s", 0s, kLockDelayMax));
  settings.session.name = parsed.Get(
      "name", absl::StrCat("konsulctl lock ", prefix, " ", absl::StrJoin(settings.words, " ")));
  return settings;
}

// One run of the command, from the session to its end.
class LockRun {
 public:
  LockRun(Api& api, client::Host& host, const flags::Parsed& parsed, Settings settings)
      : api_(api),
        host_(host),
        parsed_(parsed),
        settings_(std::move(settings)),
        events_(api.env().scheduler, 16) {}

  absl::StatusOr<Outcome> Run() {
    settings_.session.behavior = settings_.places == 1 ? "release" : "delete";
    const Instant since = api_.env().clock.Now();
    KONSUL_ASSIGN_OR_RETURN(session_, MakeSession(api_, settings_.session));
    claim_ = NewClaim();
    Say(absl::StrCat("Waiting for ", settings_.prefix, " with session ", session_));
    absl::StatusOr<Outcome> outcome;
    {
      fiber::Group fibers(api_.env().scheduler);
      Spawn(fibers, "session", Event::kLost, [this, since](Api& api) {
        return KeepSession(api, session_, settings_.session.ttl, since);
      });
      fibers.Spawn("signals", [this] {
        while (true) {
          const absl::StatusOr<int> number = host_.NextSignal(Instant::Never());
          if (!number.ok()) return;
          events_.TryPush({Event::kSignal, absl::OkStatus(), *number});
        }
      });
      outcome = UnderClaim(fibers);
    }
    GiveBack();
    return outcome;
  }

 private:
  struct Event {
    enum Kind { kSignal, kObtained, kLost, kExited };
    Kind kind;
    absl::Status status;
    int number = 0;  // of the signal; the exit code
  };

  std::unique_ptr<Claim> NewClaim() const {
    return settings_.places == 1 ? ExclusiveClaim(settings_.prefix, session_)
                                 : SemaphoreClaim(settings_.prefix, session_, settings_.places);
  }

  template <typename Body>
  void Spawn(fiber::Group& group, absl::string_view name, typename Event::Kind kind, Body body) {
    group.Spawn(name, [this, kind, body] {
      const std::unique_ptr<Api> api = api_.Another();
      const absl::Status status = body(*api);
      if (!absl::IsCancelled(status)) events_.TryPush({kind, status});
    });
  }

  absl::StatusOr<Outcome> UnderClaim(fiber::Group& fibers) {
    Spawn(fibers, "obtain", Event::kObtained, [this](Api& api) { return Obtain(api, *claim_); });
    const Instant deadline =
        settings_.timeout == 0s ? Instant::Never() : api_.env().After(settings_.timeout);
    const absl::StatusOr<Event> event = events_.Pop(deadline);
    if (absl::IsDeadlineExceeded(event.status())) {
      return Outcome{"", "Error! The lock was not to be had within -timeout", kExitNotObtained};
    }
    KONSUL_RETURN_IF_ERROR(event.status());
    KONSUL_RETURN_IF_ERROR(event->status);
    if (event->kind == Event::kSignal) {
      return Outcome{"", "Error! Interrupted while waiting for the lock", 128 + event->number};
    }
    Say("The lock is ours");
    return RunChild(fibers);
  }

  absl::StatusOr<Outcome> RunChild(fiber::Group& fibers) {
    KONSUL_ASSIGN_OR_RETURN(child_, host_.Start({.words = ProgramOf(parsed_, settings_.words),
                                                 .environment = ChildEnvironment(),
                                                 .pass_stdin = parsed_.GetBool("pass-stdin")}));
    watched_claim_ = NewClaim();
    Spawn(fibers, "watch", Event::kLost,
          [this](Api& api) { return WatchOver(api, *watched_claim_, settings_.retries); });
    Event event{};
    {
      fiber::Group waiting(api_.env().scheduler);
      waiting.Spawn("child", [this] {
        const absl::StatusOr<int> code = child_->Wait(Instant::Never());
        if (!absl::IsCancelled(code.status())) {
          events_.TryPush({Event::kExited, code.status(), code.value_or(0)});
        }
      });
      KONSUL_ASSIGN_OR_RETURN(event, events_.Pop());
    }
    if (event.kind == Event::kExited) {
      KONSUL_RETURN_IF_ERROR(event.status);
      return Exited(event.number);
    }
    const bool lost = event.kind == Event::kLost;
    lost_ = lost;
    if (lost)
      host_.Complain(absl::StrCat("Lock lost, ending the command: ", event.status.message()));
    KONSUL_ASSIGN_OR_RETURN(const int code,
                            StopChild(api_.env(), *child_, lost ? SIGTERM : event.number));
    if (!lost) return Exited(code);
    return Outcome{"", "Error! The lock was lost while the command ran", kExitLost};
  }

  Outcome Exited(int code) const {
    if (parsed_.GetBool("child-exit-code") && code != 0) code = kExitUsage;
    return Outcome{"", "", code};
  }

  std::vector<std::pair<std::string, std::string>> ChildEnvironment() const {
    std::vector<std::pair<std::string, std::string>> variables = {
        {"CONSUL_LOCK_HELD", "true"},
        {"KONSUL_LOCK_HELD", "true"},
        {"KONSUL_LOCK_PREFIX", settings_.prefix},
        {"KONSUL_LOCK_SESSION", session_}};
    if (claim_->lock_index()) {
      variables.emplace_back("KONSUL_LOCK_INDEX", absl::StrCat(*claim_->lock_index()));
    }
    return variables;
  }

  // What a server that does not answer would do by itself, later.
  void GiveBack() {
    // Also when it was not obtained as far as we know: destroying the session would start the lock
    // delay if it was.
    if (!lost_) {
      const absl::Status released = claim_->Release(api_);
      if (!released.ok()) host_.Complain(released.message());
    }
    const absl::StatusOr<http::Response> destroyed =
        api_.Call("PUT", absl::StrCat("/v1/session/destroy/", session_), {}, "", 5s);
    if (!destroyed.ok()) host_.Complain(destroyed.status().message());
    Say("Done, the session is destroyed");
  }

  void Say(absl::string_view text) {
    if (parsed_.GetBool("verbose")) host_.Complain(text);
  }

  Api& api_;
  client::Host& host_;
  const flags::Parsed& parsed_;
  Settings settings_;
  std::string session_;
  std::unique_ptr<Claim> claim_;
  std::unique_ptr<Claim> watched_claim_;  // the same, for the fiber that watches over it
  std::unique_ptr<client::Child> child_;
  bool lost_ = false;
  fiber::Channel<Event> events_;
};

absl::StatusOr<Outcome> RunLock(Api& api, client::Host& host, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(Settings settings, SettingsOf(parsed));
  return LockRun(api, host, parsed, std::move(settings)).Run();
}

}  // namespace

Command LockCommand() {
  return {
      "lock",
      "PREFIX COMMAND...",
      "Run a command while holding a lock.\n\n"
      "Waits until the lock at PREFIX/.lock is free, takes it, runs COMMAND, and gives it back.\n"
      "With -n=N it is a semaphore of N places instead. Both are laid out as Consul's clients\n"
      "do, and exclude these. Flags come before PREFIX.\n\n"
      "COMMAND finds KONSUL_LOCK_HELD and CONSUL_LOCK_HELD set to true, the session's id in\n"
      "KONSUL_LOCK_SESSION, and in KONSUL_LOCK_INDEX a number that is greater for each new\n"
      "holder (not with -n): hand it to what the lock protects, and have that refuse smaller\n"
      "ones than it has seen. When the lock is lost, or cannot be renewed in time, COMMAND gets\n"
      "SIGTERM and 5 s later SIGKILL; SIGINT and SIGTERM are passed on likewise. It is killed\n"
      "when konsulctl is. Choose -lock-delay longer than it may go on after the lock is lost.\n\n"
      "Exit code: COMMAND's own, 128+N when signal N ended it; 1 and 2 as for other commands;\n"
      "75 when -timeout passed without the lock; 76 when it was lost.",
      {{"n", Kind::kString, "N", "How many may hold it at a time. Default: 1."},
       {"timeout", Kind::kString, "DURATION", "Give up then. Default: wait without end."},
       {"name", Kind::kString, "NAME", "Of the session, for people."},
       {"session-ttl", Kind::kString, "DURATION",
        "How long a holder may be silent; 10s to 24h. Default: 15s."},
       {"lock-delay", Kind::kString, "DURATION",
        "How long nobody gets the lock after it was lost; up to 60s. Default: 15s."},
       {"monitor-retry", Kind::kString, "N",
        "How often in a row a server may fail to tell that the lock is ours, a second apart, "
        "before it counts as lost. Default: 3."},
       {"child-exit-code", Kind::kBool, "", "Exit with 2 whenever COMMAND failed, as Consul does."},
       {"pass-stdin", Kind::kBool, "", "COMMAND reads what konsulctl would read."},
       ShellFlag(),
       {"verbose", Kind::kBool, "", "Say on standard error what happens."}},
      2,
      kAnyNumber,
      RunLock,
      flags::Order::kFlagsFirst};
}

}  // namespace konsul::ctl
