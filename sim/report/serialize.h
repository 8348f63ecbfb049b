// A recording as the JSON that assets/model.js reads: columns instead of objects, a table for texts
// that repeat, and differences instead of times and indexes, so that a hundred thousand events are
// a few megabytes and parse in a blink. Times are in microseconds.
#ifndef KONSUL_SIM_REPORT_SERIALIZE_H_
#define KONSUL_SIM_REPORT_SERIALIZE_H_

#include <string>

#include "sim/report/recording.h"

namespace konsul::report {

// One JSON object that may stand inside a <script> element.
std::string Serialize(const Heading& heading, const Recording& recording);

// The whole page: markup, style, script and data in one file that needs nothing else.
std::string Page(const Heading& heading, const Recording& recording);

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_SERIALIZE_H_
