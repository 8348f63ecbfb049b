// JSON for people.
#ifndef KONSUL_CMD_KONSULCTL_PRETTY_JSON_H_
#define KONSUL_CMD_KONSULCTL_PRETTY_JSON_H_

#include <boost/json.hpp>
#include <string>

namespace konsul::ctl {

// Indented by four spaces, as ?pretty has it, with a line break at the end.
std::string PrettyJson(const boost::json::value& value);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_PRETTY_JSON_H_
