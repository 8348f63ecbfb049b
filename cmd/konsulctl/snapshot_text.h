// How the snapshot commands put things.
#ifndef KONSUL_CMD_KONSULCTL_SNAPSHOT_TEXT_H_
#define KONSUL_CMD_KONSULCTL_SNAPSHOT_TEXT_H_

#include <boost/json.hpp>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cmd/konsulctl/command.h"
#include "core/state/table_store.h"

namespace konsul::ctl {

// "0", "17B", "12.3KB", "1.5GB": as Consul's command has them.
std::string ByteSize(uint64_t bytes);
// What a table's rows are called; as in Consul's command where it has such.
absl::string_view TypeName(state::Table table);
// A name that may hold anything, on one line of a terminal.
std::string Printable(absl::string_view name);
// The same as a JSON text; escaped when it is no UTF-8.
boost::json::string JsonText(absl::string_view name);

// A whole number from a flag, at most `most`; `fallback` without it. InvalidArgument names it.
absl::StatusOr<uint64_t> CountOf(const flags::Parsed& parsed, const std::string& flag,
                                 uint64_t fallback, uint64_t most);
// A command that could not read its files.
Outcome Trouble(const absl::Status& status, int code);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_SNAPSHOT_TEXT_H_
