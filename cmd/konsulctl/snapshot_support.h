// Snapshots for the tests of the snapshot commands.
#ifndef KONSUL_CMD_KONSULCTL_SNAPSHOT_SUPPORT_H_
#define KONSUL_CMD_KONSULCTL_SNAPSHOT_SUPPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/state/table_store.h"

namespace konsul::ctl {

using TableContents = std::map<std::pair<state::Table, std::string>, std::string>;

// Of a snapshot file, as a server writes it, that ends at `index`.
std::string SnapshotBytes(const TableContents& contents, uint64_t index);
// Of the archive of such a file.
std::string ArchiveBytes(const std::string& snapshot, uint64_t index);

// A value of table kKv.
std::string KvValue(const std::string& value, uint64_t modify_index = 5);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_SNAPSHOT_SUPPORT_H_
