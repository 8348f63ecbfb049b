#include "net/http/access_log.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace konsul::http {
namespace {

constexpr absl::string_view kHeader = "X-Request-Id";
// What fits into a log line and a header without harm.
constexpr size_t kIdMax = 128;
constexpr size_t kPathMax = 256;
constexpr size_t kErrorMax = 256;

bool IsSane(absl::string_view id) {
  return !id.empty() && id.size() <= kIdMax &&
         std::all_of(id.begin(), id.end(), absl::ascii_isgraph);
}

}  // namespace

AccessLog::AccessLog(const env::Env& env, const AccessLogOptions& options)
    : env_(env), options_(options), random_(env.random.Fork("request-ids")) {}

Handler AccessLog::Around(Handler handler) {
  return [this, handler = std::move(handler)](const Request& request) {
    return Handle(handler, request);
  };
}

std::string AccessLog::NameOf(const Request& request) {
  const auto sent = request.headers.Get(kHeader);
  if (sent && IsSane(*sent)) return std::string(*sent);
  return absl::StrCat(absl::Hex(random_.Next(), absl::kZeroPad16));
}

Response AccessLog::Handle(const Handler& handler, const Request& request) {
  const Instant begin = env_.clock.Now();
  // What is parked is handed over before the handler may replace it.
  const std::shared_ptr<Parked> before = request.parked;
  Response response = handler(request);
  const Instant end = env_.clock.Now();
  const Duration worked = end - begin + (before == nullptr ? Duration::zero() : before->worked);
  const Instant received = before == nullptr ? begin : before->received;
  if (response.parked != nullptr) {
    Parked& parked = *response.parked;
    parked.received = received;
    parked.worked = worked;
    if (parked.request_id.empty()) {
      parked.request_id = before == nullptr ? NameOf(request) : before->request_id;
    }
    return response;
  }
  const std::string id = before == nullptr ? NameOf(request) : before->request_id;
  response.headers.Add(kHeader, id);
  Tell(request, response, id, end - received, worked);
  return response;
}

bool AccessLog::MayTell() {
  const Instant now = env_.clock.Now();
  if (now >= second_ + 1s) {
    second_ = now;
    told_ = 0;
  }
  if (told_ < options_.told_max) {
    ++told_;
    return true;
  }
  ++left_out_;
  return false;
}

void AccessLog::Tell(const Request& request, const Response& response, absl::string_view id,
                     Duration took, Duration worked) {
  const bool failed = response.status >= 500;
  const bool slow = options_.slow > Duration::zero() && worked > options_.slow;
  LogLevel level = failed ? LogLevel::kWarn : slow ? LogLevel::kInfo : LogLevel::kDebug;
  if (!env_.logger.Enabled(level)) return;
  // Of a killed node nobody hears any more.
  if (env_.scheduler.cancelled()) return;
  if (level != LogLevel::kDebug && !MayTell()) {
    level = LogLevel::kDebug;
    if (!env_.logger.Enabled(level)) return;
  }
  std::vector<LogField> fields = {{"method", request.method},
                                  // Without the query: it may hold a token.
                                  {"path", absl::string_view(request.path).substr(0, kPathMax)},
                                  {"status", response.status},
                                  {"us", ToMicros(took)}};
  // What is made while it is sent is not made yet.
  if (response.stream == nullptr) fields.emplace_back("bytes", response.body.size());
  fields.emplace_back("id", id);
  fields.emplace_back("peer", request.peer.ToString());
  if (took != worked) fields.emplace_back("waited_us", ToMicros(took - worked));
  if (failed) fields.emplace_back("error", absl::string_view(response.body).substr(0, kErrorMax));
  if (level != LogLevel::kDebug && left_out_ > 0) {
    fields.emplace_back("left_out", std::exchange(left_out_, 0));
  }
  env_.logger.Write(level, "http",
                    failed ? "request failed"
                    : slow ? "slow request"
                           : "request",
                    fields);
}

}  // namespace konsul::http
