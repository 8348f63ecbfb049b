// Starts the storage of a server on an image, as the next start of the process would, and goes on
// from there.
#ifndef KONSUL_SIM_IMAGES_RECOVERY_H_
#define KONSUL_SIM_IMAGES_RECOVERY_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "cmd/node/storage.h"
#include "core/fiber/scheduler.h"
#include "sim/images/image_disk.h"
#include "sim/images/promises.h"
#include "sim/images/recording.h"

namespace konsul::images {

struct Explored {
  Found found;        // by the first start
  std::string wrong;  // with what came later; empty when all is well
  std::string files;  // of the image, for people
};

class Recovery {
 public:
  // `directory` holds the tables.
  explicit Recovery(std::string directory) : directory_(std::move(directory)) {}

  // `image` may have unsynced parts: the process alone ended.
  Explored Explore(const ImageState& image);
  uint64_t count() const { return count_; }

 private:
  // Opens, hands over, ends the process, and loses what was not synced.
  Found Start(ImageState& disk, const std::function<absl::Status(node::Storage&)>& body);
  // Writes a little more, and says so in `expected`.
  absl::Status GoOn(node::Storage& storage, bool snapshot, Found& expected);

  const std::string directory_;
  fiber::StackPool stacks_;
  fiber::Scheduler scheduler_{stacks_};
  StoppedClock clock_;
  NoNetwork network_;
  uint64_t count_ = 0;
};

}  // namespace konsul::images

#endif  // KONSUL_SIM_IMAGES_RECOVERY_H_
