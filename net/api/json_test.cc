#include "net/api/json.h"

#include <string>

#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::net_api {
namespace {

std::string Text(absl::string_view text) {
  JsonWriter json(false);
  json.String(text);
  return json.Take();
}

TEST(JsonWriter, EscapesAsClientsKnowIt) {
  EXPECT_EQ(Text("plain / ~ \x7f"), "\"plain / ~ \x7f\"");
  EXPECT_EQ(Text("\"\\\n\r\t"), R"("\"\\\n\r\t")");
  EXPECT_EQ(Text(absl::string_view("\0\x1f", 2)), R"("\u0000\u001f")");
  EXPECT_EQ(Text("<a&b>"), R"("\u003ca\u0026b\u003e")");
  EXPECT_EQ(Text("\xe2\x80\xa8\xe2\x80\xa9"), R"("\u2028\u2029")");
  EXPECT_EQ(Text("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(JsonWriter, ReplacesWhatIsNoUtf8ByteByByte) {
  EXPECT_EQ(Text("a\xff"), R"("a\ufffd")");
  EXPECT_EQ(Text("\xc0\xaf"), R"("\ufffd\ufffd")") << "overlong";
  EXPECT_EQ(Text("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")") << "surrogate";
  EXPECT_EQ(Text("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")") << "beyond U+10FFFF";
  EXPECT_EQ(Text("\xe2\x82"), R"("\ufffd\ufffd")") << "cut short";
}

TEST(JsonWriter, NestsAndIndents) {
  const auto write = [](bool pretty) {
    JsonWriter json(pretty);
    json.BeginObject();
    json.Key("list");
    json.BeginArray();
    json.Number(~0ull);
    json.Bool(false);
    json.EndArray();
    json.Key("none");
    json.BeginArray();
    json.EndArray();
    json.Key("bytes");
    json.Bytes("\xff\x01");
    json.Key("null");
    json.Bytes("");
    json.EndObject();
    return json.Take();
  };
  EXPECT_EQ(write(false),
            R"({"list":[18446744073709551615,false],"none":[],"bytes":"/wE=","null":null})");
  EXPECT_EQ(write(true),
            "{\n"
            "    \"list\": [\n"
            "        18446744073709551615,\n"
            "        false\n"
            "    ],\n"
            "    \"none\": [],\n"
            "    \"bytes\": \"/wE=\",\n"
            "    \"null\": null\n"
            "}\n");
}

// Whatever the bytes, another parser can read the text.
RC_GTEST_PROP(JsonWriter, IsAlwaysJson, (std::string bytes)) {
  boost::json::error_code error;
  const auto value = boost::json::parse(Text(bytes), error);
  RC_ASSERT(!error);
  RC_ASSERT(value.is_string());
}

}  // namespace
}  // namespace konsul::net_api
