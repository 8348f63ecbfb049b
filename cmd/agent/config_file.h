// Config files, JSON or YAML, as a flat list of keys and values.
#ifndef KONSUL_CMD_AGENT_CONFIG_FILE_H_
#define KONSUL_CMD_AGENT_CONFIG_FILE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::agent {

// In the file's order. {"ports": {"http": 8500}} is ("ports.http", {"8500"}); a list of values is
// one item with several; true and numbers are as written.
using FileItems = std::vector<std::pair<std::string, std::vector<std::string>>>;

enum class FileFormat { kJson, kYaml };

// InvalidArgument with line and column where the text is not of its format, or with the key where
// a value is neither a text, a number, a bool, a list of these, nor an object.
absl::StatusOr<FileItems> ParseConfigText(FileFormat format, absl::string_view text);

// Reads and parses; the format is told by the suffix. Every message names the file.
absl::StatusOr<FileItems> ReadConfigFile(const std::string& path);

// The config files of a directory, sorted.
absl::StatusOr<std::vector<std::string>> ListConfigDir(const std::string& path);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_CONFIG_FILE_H_
