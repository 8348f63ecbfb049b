// Columns for people.
#ifndef KONSUL_CMD_KONSULCTL_TABLE_H_
#define KONSUL_CMD_KONSULCTL_TABLE_H_

#include <string>
#include <vector>

namespace konsul::ctl {

// Rows of the same length, each column as wide as its widest cell, two blanks between; no blanks at
// the ends of lines. Cells are plain text without line breaks.
std::string Table(const std::vector<std::vector<std::string>>& rows);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_TABLE_H_
