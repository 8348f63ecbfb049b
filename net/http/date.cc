#include "net/http/date.h"

#include <cstdint>

#include "absl/strings/str_format.h"

namespace konsul::http {

std::string FormatImfFixdate(WallTime time) {
  static constexpr const char* kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int64_t kSecondsPerDay = 86400;
  constexpr int64_t kDaysPerEra = 146097;  // 400 years
  const auto floor_div = [](int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); };
  const int64_t seconds = floor_div(time.ns, 1'000'000'000);
  const int64_t days = floor_div(seconds, kSecondsPerDay);
  const int64_t of_day = seconds - days * kSecondsPerDay;

  // Years that begin in March put the leap day last; 0000-03-01 is 719468 days before the epoch.
  const int64_t shifted = days + 719468;
  const int64_t era = floor_div(shifted, kDaysPerEra);
  const int64_t day_of_era = shifted - era * kDaysPerEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (kDaysPerEra - 1)) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const int64_t month = (march_month + 2) % 12;  // 0 is January
  const int64_t year = year_of_era + era * 400 + (month < 2 ? 1 : 0);
  const int64_t weekday = days - floor_div(days, 7) * 7;
  return absl::StrFormat("%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[weekday], day, kMonths[month],
                         year, of_day / 3600, of_day / 60 % 60, of_day % 60);
}

}  // namespace konsul::http
