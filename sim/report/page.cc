// The page around the data; its parts are the files of assets/, compiled in.
#include "absl/strings/str_cat.h"
#include "sim/report/assets.h"
#include "sim/report/serialize.h"

namespace konsul::report {

std::string Page(const Heading& heading, const Recording& recording) {
  // No text of the run stands anywhere but in the data element; the script puts it where it is
  // seen, as text and never as markup.
  return absl::StrCat(Asset("head.html"), "<style>\n", Asset("report.css"), "</style>\n",
                      Asset("body.html"), "<script id=\"data\" type=\"application/json\">",
                      Serialize(heading, recording), "</script>\n<script>\n\"use strict\";\n",
                      Asset("model.js"), Asset("faults.js"), Asset("lanes.js"), Asset("draw.js"),
                      Asset("draw_messages.js"), Asset("draw_lanes.js"), Asset("find.js"),
                      Asset("story.js"), Asset("panel.js"), Asset("view.js"),
                      "</script>\n</body>\n</html>\n");
}

}  // namespace konsul::report
