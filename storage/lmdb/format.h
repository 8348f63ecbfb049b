// Names within the file: docs/formats/tables.md.
#ifndef KONSUL_STORAGE_LMDB_FORMAT_H_
#define KONSUL_STORAGE_LMDB_FORMAT_H_

#include "absl/strings/string_view.h"

namespace konsul::lmdb {

inline constexpr absl::string_view kFormatVersion = "2";
// What the store keeps for itself, apart from the tables.
inline constexpr char kOwnDatabase[] = "store";
inline constexpr absl::string_view kBootKey = "boot";
inline constexpr absl::string_view kVersionKey = "version";
// Which of the two sets of tables counts. The value is one of kSetNames; tables are named by it and
// their number.
inline constexpr absl::string_view kCurrentKey = "current";
inline constexpr absl::string_view kSetNames[] = {"t", "u"};

}  // namespace konsul::lmdb

#endif  // KONSUL_STORAGE_LMDB_FORMAT_H_
