// Long lists, written while they are sent.
#ifndef KONSUL_NET_API_ARRAY_BODY_H_
#define KONSUL_NET_API_ARRAY_BODY_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/api/json.h"
#include "net/http/message.h"

namespace konsul::net_api {

// A JSON array of `items`. Each goes once it is written, so that a long list is in memory once, not
// as values and as text and as what is sent.
template <typename Item>
class ArrayBody final : public http::BodyStream {
 public:
  using Write = std::function<void(const Item& item, JsonWriter& json)>;

  ArrayBody(std::vector<Item> items, bool pretty, Write write)
      : items_(std::move(items)), write_(std::move(write)), json_(pretty) {
    json_.BeginArray();
  }

  absl::StatusOr<Step> Next(std::string& out) override {
    while (next_ < items_.size() && json_.size() < kPieceBytes) {
      write_(items_[next_], json_);
      items_[next_++] = Item();
    }
    const bool end = next_ == items_.size();
    if (end) json_.EndArray();
    out += json_.Take();
    return end ? Step::kEnd : Step::kMore;
  }

 private:
  static constexpr size_t kPieceBytes = 64 << 10;

  std::vector<Item> items_;
  const Write write_;
  JsonWriter json_;
  size_t next_ = 0;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_ARRAY_BODY_H_
