// The files of assets/, compiled in.
#ifndef KONSUL_SIM_REPORT_ASSETS_H_
#define KONSUL_SIM_REPORT_ASSETS_H_

#include "absl/strings/string_view.h"

namespace konsul::report {

// By its file name; there must be one.
absl::string_view Asset(absl::string_view name);

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_ASSETS_H_
