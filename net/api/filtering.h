// `?filter=` and `?node-meta=` (docs/api/filtering.md).
#ifndef KONSUL_NET_API_FILTERING_H_
#define KONSUL_NET_API_FILTERING_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "net/api/json.h"
#include "net/filter/filter.h"
#include "net/http/message.h"

namespace konsul::net_api {

// The expression of a request; of none, everything.
class ItemFilter {
 public:
  // `type` is that of what is written below, and outlives this. A bad expression is a 500 with
  // Consul's text.
  static absl::StatusOr<ItemFilter> Make(const http::Request& request, const filter::Type& type);

  // Whether to show the item that `write` writes.
  bool Keeps(absl::FunctionRef<void(JsonWriter&)> write) const;

  // Leaves those to be shown, each as `write` writes it.
  template <typename Item>
  void Apply(std::vector<Item>& items,
             absl::FunctionRef<void(const Item&, JsonWriter&)> write) const {
    if (!filter_) return;
    std::erase_if(items, [&](const Item& item) {
      return !Keeps([&](JsonWriter& json) { write(item, json); });
    });
  }

 private:
  std::optional<filter::Filter> filter_;
};

// The pairs of all `?node-meta=KEY:VALUE`; of one key the last. Without a colon, the value is "".
std::map<std::string, std::string> ParseNodeMeta(const http::Request& request);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_FILTERING_H_
