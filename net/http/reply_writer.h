// Gathers the replies of one connection and writes them in as few calls as possible.
#ifndef KONSUL_NET_HTTP_REPLY_WRITER_H_
#define KONSUL_NET_HTTP_REPLY_WRITER_H_

#include <string>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "core/fiber/mutex.h"
#include "core/fiber/scheduler.h"

namespace konsul::http {

// Owned by the connection's fiber, which alone calls it. Destroyed on that fiber: a helper fiber
// that still writes is cancelled and joined.
class ReplyWriter {
 public:
  // Beyond this much, replies leave whether or not more are coming.
  static constexpr size_t kBatchBytes = 64 * 1024;

  ReplyWriter(const env::Env& env, env::Stream& stream, Duration timeout)
      : env_(env),
        stream_(stream),
        timeout_(timeout),
        mutex_(env.scheduler),
        helper_(env.scheduler) {}

  // Append replies here.
  std::string& pending() { return pending_; }

  // Suspends until all that is pending was written. After an error every call returns that error.
  absl::Status Flush();
  // For before a call that may suspend for long: when it does suspend, a helper fiber writes what
  // is pending; when it does not, later replies join the batch.
  void FlushOnSuspend();

 private:
  const env::Env& env_;
  env::Stream& stream_;
  Duration timeout_;
  std::string pending_;
  std::string sending_;
  absl::Status status_;
  bool helper_waits_ = false;
  fiber::Mutex mutex_;  // held while writing, so across a suspension
  fiber::Group helper_;
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_REPLY_WRITER_H_
