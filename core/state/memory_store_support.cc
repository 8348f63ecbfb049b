#include "core/state/memory_store_support.h"

#include <utility>
#include <vector>

#include "core/base/check.h"

namespace konsul::state {
namespace {

using Map = std::map<std::string, std::string>;

// Copies of what was returned, each in an allocation of its own, until they are called in.
class Loans {
 public:
  absl::string_view Lend(absl::string_view bytes) {
    auto copy = std::make_unique<char[]>(bytes.size() + 1);
    bytes.copy(copy.get(), bytes.size());
    const absl::string_view lent(copy.get(), bytes.size());
    loans_.push_back(std::move(copy));
    return lent;
  }
  void CallIn() { loans_.clear(); }

 private:
  std::vector<std::unique_ptr<char[]>> loans_;
};

std::optional<absl::string_view> GetFrom(const Map& map, absl::string_view key, Loans& loans) {
  const auto found = map.find(std::string(key));
  if (found == map.end()) return std::nullopt;
  return loans.Lend(found->second);
}

void ScanFrom(const Map& map, absl::string_view from, Loans& loans,
              const std::function<bool(absl::string_view, absl::string_view)>& visit) {
  for (auto at = map.lower_bound(std::string(from)); at != map.end(); ++at) {
    const absl::string_view key = loans.Lend(at->first);
    const absl::string_view value = loans.Lend(at->second);
    if (!visit(key, value)) return;
  }
}

void CheckKey(absl::string_view key) {
  KONSUL_CHECK(!key.empty() && key.size() <= TableStore::kMaxKeySize, "key of ", key.size(),
               " bytes");
}

}  // namespace

class MemoryReadTxn : public ReadTxn {
 public:
  explicit MemoryReadTxn(MemoryStore& store) : store_(store), tables_(store.tables_) {
    ++store_.readers_;
  }
  ~MemoryReadTxn() override { --store_.readers_; }

  std::optional<absl::string_view> Get(Table table, absl::string_view key) const override {
    CheckKey(key);
    return GetFrom((*tables_)[static_cast<size_t>(table)], key, loans_);
  }
  void Scan(Table table, absl::string_view from,
            const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    ScanFrom((*tables_)[static_cast<size_t>(table)], from, loans_, visit);
  }

 private:
  MemoryStore& store_;
  std::shared_ptr<const MemoryStore::Tables> tables_;
  mutable Loans loans_;
};

class MemoryWriteTxn : public WriteTxn {
 public:
  explicit MemoryWriteTxn(MemoryStore& store)
      : store_(store), tables_(std::make_shared<MemoryStore::Tables>(*store.tables_)) {
    KONSUL_CHECK(store_.writers_ == 0, "two write transactions");
    ++store_.writers_;
  }
  ~MemoryWriteTxn() override { --store_.writers_; }

  std::optional<absl::string_view> Get(Table table, absl::string_view key) const override {
    CheckKey(key);
    return GetFrom(At(table), key, loans_);
  }
  void Scan(Table table, absl::string_view from,
            const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    ScanFrom(At(table), from, loans_, visit);
  }
  absl::Status Put(Table table, absl::string_view key, absl::string_view value) override {
    CheckKey(key);
    At(table)[std::string(key)] = std::string(value);
    loans_.CallIn();
    return absl::OkStatus();
  }
  absl::Status Delete(Table table, absl::string_view key) override {
    CheckKey(key);
    At(table).erase(std::string(key));
    loans_.CallIn();
    return absl::OkStatus();
  }
  absl::Status Commit() override {
    KONSUL_CHECK(tables_ != nullptr, "committed twice");
    const absl::Status status = std::exchange(store_.next_commit_, absl::OkStatus());
    if (status.ok()) store_.tables_ = std::move(tables_);
    tables_ = nullptr;
    loans_.CallIn();
    return status;
  }

 private:
  Map& At(Table table) const { return (*tables_)[static_cast<size_t>(table)]; }

  MemoryStore& store_;
  std::shared_ptr<MemoryStore::Tables> tables_;
  mutable Loans loans_;
};

class MemoryReplacement : public Replacement {
 public:
  explicit MemoryReplacement(MemoryStore& store) : store_(store) {
    KONSUL_CHECK(store_.replacements_ == 0, "two replacements");
    ++store_.replacements_;
  }
  ~MemoryReplacement() override { --store_.replacements_; }

  absl::Status Add(absl::Span<const Row> rows) override {
    KONSUL_CHECK(store_.writers_ == 0, "two write transactions");
    if (error_.ok()) error_ = std::exchange(store_.next_commit_, absl::OkStatus());
    for (const Row& row : rows) {
      CheckKey(row.key);
      const std::pair place(static_cast<int>(row.table), row.key);
      if (error_.ok() && place <= last_) error_ = absl::InvalidArgumentError("rows out of order");
      if (!error_.ok()) break;
      last_ = place;
      (*tables_)[static_cast<size_t>(row.table)][row.key] = row.value;
    }
    return error_;
  }
  absl::Status Finish() override {
    if (error_.ok()) error_ = std::exchange(store_.next_commit_, absl::OkStatus());
    if (!error_.ok()) return error_;
    store_.tables_ = std::move(tables_);
    error_ = absl::FailedPreconditionError("finished");
    return absl::OkStatus();
  }

 private:
  MemoryStore& store_;
  std::shared_ptr<MemoryStore::Tables> tables_ = std::make_shared<MemoryStore::Tables>();
  std::pair<int, std::string> last_;
  absl::Status error_;
};

absl::StatusOr<std::unique_ptr<Replacement>> MemoryStore::Replace() {
  return std::make_unique<MemoryReplacement>(*this);
}

std::unique_ptr<ReadTxn> MemoryStore::Read() { return std::make_unique<MemoryReadTxn>(*this); }
std::unique_ptr<WriteTxn> MemoryStore::Write() { return std::make_unique<MemoryWriteTxn>(*this); }

}  // namespace konsul::state
