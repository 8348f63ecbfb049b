#include "net/http/client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::http {

Client::Client(const env::Env& env, env::Endpoint server)
    : Client(env, std::move(server), Options()) {}

Client::Client(const env::Env& env, env::Endpoint server, Options options)
    : env_(env), server_(std::move(server)), options_(std::move(options)) {
  if (options_.host.empty()) options_.host = server_.ToString();
}

void Client::Close() {
  stream_.reset();
  parser_.reset();
}

absl::StatusOr<Response> Client::Do(const Request& request, Instant deadline) {
  KONSUL_CHECK(!busy_, "two requests at once on one client");
  busy_ = true;
  absl::StatusOr<Response> response = Exchange(request, deadline);
  busy_ = false;
  if (!response.ok()) {
    Close();
    return Annotate(response.status(),
                    absl::StrCat(request.method, " http://", server_.ToString(), request.target));
  }
  // Bytes nobody asked for: the next reply could not be trusted.
  if (response->close || parser_->has_buffered()) Close();
  return response;
}

absl::StatusOr<Response> Client::Exchange(const Request& request, Instant deadline) {
  maybe_sent_ = false;
  if (stream_ == nullptr) {
    absl::StatusOr<std::unique_ptr<env::Stream>> stream = env_.network.Dial(server_, deadline);
    if (!stream.ok()) return stream.status();
    stream_ = *std::move(stream);
    parser_ = std::make_unique<ResponseParser>(options_.limits);
  }
  parser_->ExpectHeadReply(request.method == "HEAD");
  out_.clear();
  AppendRequest(request, options_.host, out_);
  maybe_sent_ = true;
  const absl::Status written = stream_->Write(out_, deadline);
  // A server may answer and close before it has read everything (413): look for that answer.
  if (!written.ok() && !absl::IsUnavailable(written)) return written;
  const absl::Status read = ReadReply(deadline);
  if (!read.ok()) return written.ok() ? read : written;
  Response response = std::move(parser_->response());
  if (!written.ok()) response.close = true;
  return response;
}

absl::Status Client::ReadReply(Instant deadline) {
  while (true) {
    Step step = parser_->Next();
    if (step == Step::kNeedMore) {
      const absl::StatusOr<size_t> n = stream_->Read(parser_->Space(), deadline);
      if (!n.ok()) return n.status();
      if (*n > 0) {
        parser_->Commit(*n);
        continue;
      }
      if (!parser_->in_message()) {
        return absl::UnavailableError("the server closed the connection without a reply");
      }
      step = parser_->EndOfInput();
      if (step == Step::kError) {
        return absl::UnavailableError("the server closed the connection inside a reply");
      }
    }
    if (step == Step::kMessage) return absl::OkStatus();
    const ParseError& error = parser_->error();
    if (error.status == 413 || error.status == 431) {
      return absl::ResourceExhaustedError(absl::StrCat("reply too large: ", error.text));
    }
    return absl::InvalidArgumentError(error.text);
  }
}

}  // namespace konsul::http
