// Text as a JSON string that may stand inside a <script> element: whatever a scenario or a client
// wrote, it ends neither the string nor the element.
#ifndef KONSUL_SIM_REPORT_SCRIPT_STRING_H_
#define KONSUL_SIM_REPORT_SCRIPT_STRING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace konsul::report {

// With its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string ScriptString(absl::string_view text);

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_SCRIPT_STRING_H_
