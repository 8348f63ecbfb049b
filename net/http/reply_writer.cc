#include "net/http/reply_writer.h"

#include <utility>

namespace konsul::http {

absl::Status ReplyWriter::Flush() {
  if (pending_.empty() && !mutex_.held()) return status_;
  absl::Status locked = mutex_.Lock();
  if (!locked.ok()) return locked;
  fiber::MutexLock lock(mutex_);
  while (!pending_.empty() && status_.ok()) {
    std::swap(pending_, sending_);
    status_ = stream_.Write(sending_, env_.After(timeout_));
    sending_.clear();
    if (sending_.capacity() > kBatchBytes) std::string().swap(sending_);
  }
  return status_;
}

void ReplyWriter::FlushOnSuspend() {
  if (pending_.empty() || helper_waits_) return;
  helper_waits_ = true;
  helper_.Spawn("http-flush", [this] {
    helper_waits_ = false;
    // The connection's fiber meets an error in its own next Flush.
    Flush().IgnoreError();
  });
}

}  // namespace konsul::http
