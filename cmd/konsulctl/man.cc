// The manual page, in roff's man macros, from the same descriptions as --help.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/usage.h"

namespace konsul::ctl {
namespace {

// Text that roff takes for nothing else.
std::string Plain(absl::string_view text) {
  std::string out = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"`", "\\(ga"}});
  if (absl::StartsWith(out, ".") || absl::StartsWith(out, "'")) out.insert(0, "\\&");
  return out;
}

// Paragraphs flow; what is indented stays as it is.
std::string Paragraphs(absl::string_view text) {
  std::string out;
  bool literal = false;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const bool indented = absl::StartsWith(line, "  ");
    if (indented != literal && !line.empty()) {
      absl::StrAppend(&out, indented ? ".nf\n" : ".fi\n");
      literal = indented;
    }
    absl::StrAppend(&out, line.empty() ? ".PP" : Plain(line), "\n");
  }
  if (literal) absl::StrAppend(&out, ".fi\n");
  return out;
}

std::string FlagList(const std::vector<flags::Flag>& flags) {
  std::string out;
  for (const flags::Flag& flag : flags) {
    absl::StrAppend(&out, ".TP\n\\fB\\-", Plain(flag.name), "\\fR");
    if (flag.kind != flags::Kind::kBool) {
      absl::StrAppend(&out, "=\\fI", Plain(flag.placeholder), "\\fR");
    }
    absl::StrAppend(&out, "\n", Plain(flag.help), "\n");
  }
  return out;
}

std::string Section(const Command& command) {
  return absl::StrCat(".SS \"", Plain(absl::StrReplaceAll(Synopsis(command), {{"\"", "'"}})),
                      "\"\n", Paragraphs(command.help), FlagList(command.flags));
}

std::string ManPage() {
  std::string out = ".TH KONSULCTL 1 \"\" \"Konsul " KONSUL_VERSION
                    "\" \"User Commands\"\n"
                    ".SH NAME\nkonsulctl \\- ask a running Konsul server over its HTTP API\n"
                    ".SH SYNOPSIS\n.B konsulctl\n.I COMMAND\n[\\fIFLAGS\\fR] [\\fIARGUMENTS\\fR]\n"
                    ".SH DESCRIPTION\n";
  absl::StrAppend(&out, Paragraphs("Flags are written -flag value, -flag=value or --flag=value, "
                                   "before or behind the arguments; -- ends them. A flag that is "
                                   "on or off needs no value."));
  absl::StrAppend(&out, ".SH COMMANDS\n");
  for (const Command& command : Commands()) absl::StrAppend(&out, Section(command));
  absl::StrAppend(&out, ".SH FLAGS OF ALL COMMANDS\n", FlagList(GlobalFlags()),
                  ".SH ENVIRONMENT\n");
  for (const auto& [name, help] : EnvironmentVariables()) {
    absl::StrAppend(&out, ".TP\n.BR KONSUL_", name, " , CONSUL_", name, "\n", Plain(help), "\n");
  }
  absl::StrAppend(&out, ".SH EXIT STATUS\n", Plain(ExitCodes()));
  return out;
}

absl::StatusOr<Outcome> RunMan(const flags::Parsed&) { return Outcome::Ok(ManPage()); }

}  // namespace

Command ManCommand() {
  return {"man",
          "",
          "Print the manual page.\n\n"
          "To read it: konsulctl man | man -l -. To install it: konsulctl man >\n"
          "/usr/local/share/man/man1/konsulctl.1",
          {},
          0,
          0,
          RunMan};
}

}  // namespace konsul::ctl
