#include "cmd/konsulctl/completion.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/usage.h"

namespace konsul::ctl {
namespace {

// In single quotes, for bash, zsh and (with its own rule for what is inside) fish.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}
std::string FishQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

std::string FirstSentence(absl::string_view text) {
  return std::string(text.substr(0, text.find(". ")));
}

// One command's flags, as `case` lines: CASE) CODE ;;
template <typename Code>
std::string FlagCases(const std::vector<Command>& commands, Code code) {
  std::string out;
  for (const Command& command : commands) {
    absl::StrAppend(&out, "    ", Quoted(command.words), ") ", code(FlagsOf(command)), " ;;\n");
  }
  return out;
}

// The values of flags that have few, as `case` lines over "WORDS FLAG".
template <typename Code>
std::string ChoiceCases(const std::vector<Command>& commands, Code code) {
  std::string out;
  for (const Command& command : commands) {
    for (const flags::Flag& flag : FlagsOf(command)) {
      if (flag.choices.empty()) continue;
      absl::StrAppend(&out, "    ", Quoted(absl::StrCat(command.words, " -", flag.name)), ") ",
                      code(flag.choices), " ;;\n");
    }
  }
  return out;
}

constexpr char kBashHead[] =
    R"(# bash completion for konsulctl:  source <(konsulctl completion bash)
_konsulctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} at=$((COMP_CWORD - 1)) flag='' words='' path='' i
  # -flag=value arrives as three words.
  if [[ $cur == '=' ]]; then
    cur='' flag=${COMP_WORDS[at]}
  elif ((at > 0)) && [[ ${COMP_WORDS[at]} == '=' ]]; then
    flag=${COMP_WORDS[at - 1]}
  elif [[ ${COMP_WORDS[at]} == -* ]]; then
    flag=${COMP_WORDS[at]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    _konsulctl_next "$path"
    [[ " $words " == *" ${COMP_WORDS[i]} "* ]] || break
    path="${path:+$path }${COMP_WORDS[i]}"
  done
  words=''
  case "$path $flag" in
)";

std::string BashNext(const WordTree& tree) {
  std::string out = "_konsulctl_next() {\n  words=''\n  case \"$1\" in\n";
  for (const auto& [before, next] : tree.next) {
    std::vector<std::string> names;
    for (const auto& [word, help] : next) names.push_back(word);
    absl::StrAppend(&out, "    ", Quoted(before), ") words=", Quoted(absl::StrJoin(names, " ")),
                    " ;;\n");
  }
  absl::StrAppend(&out, "  esac\n}\n");
  return out;
}

std::string FlagNames(const std::vector<flags::Flag>& flags) {
  std::vector<std::string> names = {"-h"};
  for (const flags::Flag& flag : flags) names.push_back(absl::StrCat("-", flag.name));
  return absl::StrJoin(names, " ");
}

// "'word:what it is' 'other:...'" for zsh's _describe.
std::string Described(const std::vector<std::pair<std::string, std::string>>& words) {
  std::vector<std::string> entries;
  for (const auto& [word, help] : words) {
    entries.push_back(Quoted(absl::StrCat(absl::StrReplaceAll(word, {{":", "\\:"}}), ":", help)));
  }
  return absl::StrJoin(entries, " ");
}

std::string DescribedFlags(const std::vector<flags::Flag>& flags) {
  std::vector<std::pair<std::string, std::string>> words;
  for (const flags::Flag& flag : flags) {
    words.emplace_back(absl::StrCat("-", flag.name, flag.kind == flags::Kind::kBool ? "" : "="),
                       FirstSentence(flag.help));
  }
  return Described(words);
}

constexpr char kZshHead[] = R"(#compdef konsulctl
# zsh completion for konsulctl:  source <(konsulctl completion zsh)
_konsulctl() {
  local at='' known i flag
  local -a list choices
  for ((i = 2; i < CURRENT; ++i)); do
    _konsulctl_next "$at"
    known=" ${(j: :)${(@)list%%:*}} "
    [[ $known == *" ${words[i]} "* ]] || break
    at="${at:+$at }${words[i]}"
  done
  flag=${words[CURRENT]%%=*}
  if [[ ${words[CURRENT]} != *=* ]]; then flag=${words[CURRENT - 1]}; fi
  case "$at $flag" in
)";

constexpr char kFishHead[] = R"(# fish completion for konsulctl:  konsulctl completion fish | source
function __konsulctl_words
    set -l words (commandline -opc)
    string join ' ' -- (string match -v -- '-*' $words[2..-1])
end
function __konsulctl_at
    set -l words (__konsulctl_words)
    test "$words" = "$argv[1]"
end
function __konsulctl_in
    set -l words (__konsulctl_words)
    string match -q -- "$argv[1] *" "$words "
end
)";

absl::StatusOr<Outcome> RunCompletion(const flags::Parsed& parsed) {
  const std::string& shell = parsed.positional[0];
  if (shell == "bash") return Outcome::Ok(BashCompletion(Commands()));
  if (shell == "zsh") return Outcome::Ok(ZshCompletion(Commands()));
  if (shell == "fish") return Outcome::Ok(FishCompletion(Commands()));
  return absl::InvalidArgumentError(
      absl::StrCat("there is completion for bash, zsh and fish, not for \"", shell, "\""));
}

}  // namespace

WordTree TreeOf(const std::vector<Command>& commands) {
  WordTree tree;
  for (const Command& command : commands) {
    std::string before;
    const Words words = WordsOf(command);
    for (size_t i = 0; i < words.size(); ++i) {
      auto& next = tree.next[before];
      const bool there = std::any_of(next.begin(), next.end(),
                                     [&](const auto& pair) { return pair.first == words[i]; });
      const std::string here = absl::StrCat(before, before.empty() ? "" : " ", words[i]);
      const bool whole = i + 1 == words.size();
      if (!there) {
        next.emplace_back(words[i], whole ? FirstSentence(FirstLine(command.help))
                                          : absl::StrCat("The `", here, "` commands"));
      }
      before = here;
    }
  }
  return tree;
}

std::string BashCompletion(const std::vector<Command>& commands) {
  return absl::StrCat(
      BashNext(TreeOf(commands)), kBashHead,
      ChoiceCases(commands,
                  [](const auto& choices) {
                    return absl::StrCat("words=", Quoted(absl::StrJoin(choices, " ")));
                  }),
      "  esac\n  if [[ -z $words && $cur != -* ]]; then _konsulctl_next \"$path\"; fi\n"
      "  if [[ -z $words && $cur == -* ]]; then\n  case \"$path\" in\n",
      FlagCases(commands,
                [](const auto& flags) { return absl::StrCat("words=", Quoted(FlagNames(flags))); }),
      "  esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
      "complete -o bashdefault -o default -F _konsulctl konsulctl\n");
}

std::string ZshCompletion(const std::vector<Command>& commands) {
  std::string out = kZshHead;
  absl::StrAppend(
      &out,
      ChoiceCases(commands,
                  [](const auto& choices) {
                    return absl::StrCat("choices=(", absl::StrJoin(choices, " "), ")");
                  }),
      "  esac\n"
      "  if (( $#choices )); then compset -P '*='; compadd -- $choices; return; fi\n"
      "  if [[ ${words[CURRENT]} != -* ]]; then\n"
      "    _konsulctl_next \"$at\"\n"
      "    if (( $#list )); then _describe command list; else _files; fi\n"
      "    return\n  fi\n  list=()\n  case \"$at\" in\n",
      FlagCases(
          commands,
          [](const auto& flags) { return absl::StrCat("list=(", DescribedFlags(flags), ")"); }),
      "  esac\n  _describe -o flag list\n}\n_konsulctl_next() {\n  list=()\n  case \"$1\" in\n");
  for (const auto& [before, next] : TreeOf(commands).next) {
    absl::StrAppend(&out, "    ", Quoted(before), ") list=(", Described(next), ") ;;\n");
  }
  absl::StrAppend(&out,
                  "  esac\n}\n"
                  "# Read from fpath, this file is the function; sourced, it announces it.\n"
                  "if [[ ${funcstack[1]} == _konsulctl ]]; then _konsulctl \"$@\"; "
                  "else compdef _konsulctl konsulctl; fi\n");
  return out;
}

std::string FishCompletion(const std::vector<Command>& commands) {
  std::string out = kFishHead;
  for (const auto& [before, next] : TreeOf(commands).next) {
    for (const auto& [word, help] : next) {
      absl::StrAppend(&out, "complete -c konsulctl -f -n '__konsulctl_at \"", before, "\"' -a ",
                      word, " -d ", FishQuoted(help), "\n");
    }
  }
  for (const Command& command : commands) {
    for (const flags::Flag& flag : FlagsOf(command)) {
      absl::StrAppend(&out, "complete -c konsulctl -n '__konsulctl_in \"", command.words, "\"' -o ",
                      flag.name);
      if (!flag.choices.empty()) {
        absl::StrAppend(&out, " -x -a ", FishQuoted(absl::StrJoin(flag.choices, " ")));
      } else if (flag.kind != flags::Kind::kBool) {
        absl::StrAppend(&out, " -r");
      }
      absl::StrAppend(&out, " -d ", FishQuoted(FirstSentence(flag.help)), "\n");
    }
  }
  return out;
}

Command CompletionCommand() {
  return {"completion",
          "bash|zsh|fish",
          "Print a script that lets a shell complete konsulctl's commands and flags.\n\n"
          "For bash: source <(konsulctl completion bash), for example in ~/.bashrc; zsh: the\n"
          "same with zsh; fish: konsulctl completion fish | source.",
          {},
          1,
          1,
          RunCompletion};
}

}  // namespace konsul::ctl
