#include "net/http/client.h"

#include <optional>
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
  busy_ = false;
  stream_.reset();
  parser_.reset();
}

void Client::EndReply(bool close) {
  busy_ = false;
  // Bytes nobody asked for: the next reply could not be trusted.
  if (close || parser_->has_buffered()) Close();
}

absl::StatusOr<Response> Client::Do(const Request& request, Instant deadline) {
  KONSUL_CHECK(!busy_, "two requests at once on one client");
  busy_ = true;
  absl::StatusOr<Response> response = Exchange(request, nullptr, false, deadline);
  if (response.ok()) {
    EndReply(response->close);
  } else {
    Close();
  }
  return response;
}

absl::StatusOr<Response> Client::Begin(const Request& request, Instant deadline,
                                       const Upload* upload) {
  KONSUL_CHECK(!busy_, "two requests at once on one client");
  busy_ = true;
  absl::StatusOr<Response> response = Exchange(request, upload, true, deadline);
  if (response.ok()) {
    close_after_body_ = response->close;
  } else {
    Close();
  }
  return response;
}

absl::StatusOr<bool> Client::ReadBody(std::string& out, Instant deadline) {
  if (!busy_) return false;
  const size_t before = out.size();
  while (parser_->streaming()) {
    Step step = parser_->ReadPiece(out);
    if (step == Step::kNeedMore && out.size() == before) {
      const absl::StatusOr<size_t> n = stream_->Read(parser_->Space(), deadline);
      if (!n.ok()) {
        Close();
        return n.status();
      }
      parser_->Commit(*n);
      if (*n > 0) continue;
      step = parser_->EndOfInput();
      if (step == Step::kError) {
        Close();
        return absl::UnavailableError("the server closed the connection inside a reply");
      }
    }
    if (step == Step::kError) {
      const absl::Status status = Refuse();
      Close();
      return status;
    }
    if (out.size() > before) return true;
  }
  if (out.size() > before) return true;
  EndReply(close_after_body_);
  return false;
}

absl::Status Client::Send(const Request& request, const Upload* upload, Instant deadline) {
  out_.clear();
  AppendRequest(request, options_.host, out_,
                upload == nullptr ? std::nullopt : std::optional(upload->size));
  maybe_sent_ = true;
  KONSUL_RETURN_IF_ERROR(stream_->Write(out_, deadline));
  for (uint64_t left = upload == nullptr ? 0 : upload->size; left > 0;) {
    out_.clear();
    const absl::Status made = upload->next(out_);
    if (!made.ok()) return Annotate(made, "what was to be sent");
    KONSUL_CHECK(!out_.empty() && out_.size() <= left, "not the bytes that were announced");
    left -= out_.size();
    KONSUL_RETURN_IF_ERROR(stream_->Write(out_, deadline));
  }
  return absl::OkStatus();
}

absl::StatusOr<Response> Client::Exchange(const Request& request, const Upload* upload, bool stream,
                                          Instant deadline) {
  const auto failed = [&](const absl::Status& status) {
    return Annotate(status,
                    absl::StrCat(request.method, " http://", server_.ToString(), request.target));
  };
  maybe_sent_ = false;
  if (stream_ == nullptr) {
    absl::StatusOr<std::unique_ptr<env::Stream>> connected = env_.network.Dial(server_, deadline);
    if (!connected.ok()) return failed(connected.status());
    stream_ = *std::move(connected);
    parser_ = std::make_unique<ResponseParser>(options_.limits);
  }
  parser_->ExpectHeadReply(request.method == "HEAD");
  parser_->StreamBody(stream);
  const absl::Status written = Send(request, upload, deadline);
  // A server may answer and close before it has read everything (413): look for that answer.
  if (!written.ok() && !absl::IsUnavailable(written)) return failed(written);
  const absl::Status read = ReadReply(deadline);
  if (!read.ok()) return failed(written.ok() ? read : written);
  Response response = std::move(parser_->response());
  if (!written.ok()) response.close = true;
  return response;
}

absl::Status Client::Refuse() const {
  const ParseError& error = parser_->error();
  if (error.status == 413 || error.status == 431) {
    return absl::ResourceExhaustedError(absl::StrCat("reply too large: ", error.text));
  }
  return absl::InvalidArgumentError(error.text);
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
    return step == Step::kMessage ? absl::OkStatus() : Refuse();
  }
}

}  // namespace konsul::http
