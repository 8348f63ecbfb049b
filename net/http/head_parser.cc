#include "net/http/head_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include "absl/strings/match.h"

namespace konsul::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

absl::string_view View(beast::string_view s) { return {s.data(), s.size()}; }

// Beast's own buffering, limits and body handling stay unused: skip(true) ends it at the head.
template <bool kRequest>
class BeastHead final : public beast::http::basic_parser<kRequest> {
 public:
  BeastHead(Head& head, Headers& headers, std::string* method, std::string* target)
      : head_(head), headers_(headers), method_(method), target_(target) {
    this->skip(true);
  }

  absl::Status Parse(absl::string_view text) {
    this->header_limit(static_cast<uint32_t>(text.size() + 1));
    error_code ec;
    this->put(boost::asio::const_buffer(text.data(), text.size()), ec);
    if (ec == beast::http::error::bad_version && NamesHttpVersion(text)) {
      return absl::UnimplementedError("HTTP version not supported");
    }
    if (ec) return absl::InvalidArgumentError(ec.message());
    if (!this->is_header_done()) return absl::InvalidArgumentError("incomplete head");
    head_.keep_alive = this->keep_alive();
    head_.chunked = this->chunked();
    head_.content_length.reset();
    if (const auto length = this->content_length()) head_.content_length = *length;
    return absl::OkStatus();
  }

 private:
  // "GET / HTTP/2.0" deserves another answer than "GET / lorem ipsum".
  static bool NamesHttpVersion(absl::string_view text) {
    const absl::string_view line = text.substr(0, text.find('\r'));
    const size_t version = kRequest ? line.rfind(" HTTP/") : line.find("HTTP/");
    return version != absl::string_view::npos && (!kRequest || line.size() - version == 9);
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int version, error_code&) override {
    method_->assign(method.data(), method.size());
    target_->assign(target.data(), target.size());
    head_.minor_version = version % 10;
  }
  void on_response_impl(int status, beast::string_view, int version, error_code&) override {
    head_.status = status;
    head_.minor_version = version % 10;
  }
  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     error_code&) override {
    headers_.Add(View(name), View(value));
    if (field == beast::http::field::host) ++head_.hosts;
    if (field == beast::http::field::transfer_encoding) {
      ++head_.transfer_encodings;
      head_.chunked_only = absl::EqualsIgnoreCase(View(value), "chunked");
    }
    if (field == beast::http::field::expect) {
      head_.expects = true;
      head_.expects_continue = absl::EqualsIgnoreCase(View(value), "100-continue");
    }
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(beast::string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(uint64_t, beast::string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, beast::string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  Head& head_;
  Headers& headers_;
  std::string* method_;
  std::string* target_;
};

}  // namespace

absl::Status ParseRequestHead(absl::string_view text, Head& head, std::string& method,
                              std::string& target, Headers& headers) {
  return BeastHead<true>(head, headers, &method, &target).Parse(text);
}

absl::Status ParseResponseHead(absl::string_view text, Head& head, Headers& headers) {
  return BeastHead<false>(head, headers, nullptr, nullptr).Parse(text);
}

}  // namespace konsul::http
