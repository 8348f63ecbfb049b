// Changes on top of a read transaction that are not made yet: what a transaction of several
// operations sees of itself, and throws away when one of them fails.
#ifndef KONSUL_CORE_STATE_OVERLAY_H_
#define KONSUL_CORE_STATE_OVERLAY_H_

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/state/effects.h"
#include "core/state/table_store.h"

namespace konsul::state {

// `base` outlives it and is not written to meanwhile.
class Overlay final : public WriteTxn {
 public:
  explicit Overlay(const ReadTxn& base) : base_(base) {}

  std::optional<absl::string_view> Get(Table table, absl::string_view key) const override;
  void Scan(Table table, absl::string_view from,
            const std::function<bool(absl::string_view, absl::string_view)>& visit) const override;
  absl::Status Put(Table table, absl::string_view key, absl::string_view value) override;
  absl::Status Delete(Table table, absl::string_view key) override;
  // FailedPrecondition: it has no store.
  absl::Status Commit() override;

  bool empty() const;
  // Makes the changes, ascending by table and key.
  absl::Status ApplyTo(Effects& effects) const;

 private:
  // Nothing: the key is deleted.
  using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

  const Changes& Of(Table table) const { return changes_[static_cast<size_t>(table)]; }

  const ReadTxn& base_;
  std::array<Changes, kTableCount> changes_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_OVERLAY_H_
