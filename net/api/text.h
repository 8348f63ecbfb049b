// Numbers and times as the replies write them, and as requests do.
#ifndef KONSUL_NET_API_TEXT_H_
#define KONSUL_NET_API_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/base/time.h"

namespace konsul::net_api {

// As Go writes a Duration: "0s", "27.291304ms", "1m30.5s", "-2h0m0s".
std::string FormatDuration(Duration d);

// As Go reads one: "10s", "1m30s", "1.5h", "-500ms", "0". Units are ns, us (with u, µ or μ), ms, s,
// m and h. Nothing for any other text, and when it does not fit.
std::optional<Duration> ParseDuration(absl::string_view text);

// As Go writes a time in UTC: "2017-08-08 02:55:10 +0000 UTC".
std::string FormatTimestamp(WallTime time);

// The shortest text that reads as this finite number: "0.25", "1e+21".
std::string FormatDecimal(double value);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_TEXT_H_
