using System.Diagnostics;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Tests.Build.Language;

public class VariableExpanderTests
{
    private static readonly Dictionary<string, string> s_values = new()
    {
        ["PWD"] = "/home",
        ["SHELL"] = "bash",
        ["EMPTY"] = "",
        ["str"] = "foobarbaz",
        ["path"] = "/usr/local/lib/x.tar.gz",
        ["stars"] = "a*b?c",
        ["spaces"] = "  a  b ",
        ["été"] = "summer",
        ["back"] = "c:\\d",
        ["braces"] = "a}b/c",
    };

    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("he'll'o", "hello")]
    [InlineData("he\\'llo", "he'llo")]
    [InlineData("abc\\tdef", "abctdef")]
    [InlineData("\"abc\\tdef\"", "abc\\tdef")]
    [InlineData("\"a\\\\b\\\"c\\$d\"", "a\\b\"c$d")]
    [InlineData("'a\\b'", "a\\b")]
    [InlineData("hello\\", "hello")]
    [InlineData("$.", "$.")]
    [InlineData("he$1x", "hex")]
    [InlineData("he$PWD.", "he/home.")]
    [InlineData("he\\$PWD", "he$PWD")]
    [InlineData("he\\\\$PWD", "he\\/home")]
    [InlineData("\\${PWD}", "${PWD}")]
    [InlineData("${PWD}x${NONE}y", "/homexy")]
    [InlineData("\"'$PWD'\"", "'/home'")]
    [InlineData("'$PWD'", "$PWD")]
    [InlineData("$été", "summer")]
    [InlineData("${aaa}}", "}")]
    [InlineData("$$ $@x $#", " x ")]
    public void PlainVariablesQuotesAndEscapes(string word, string expected) => Assert.Equal(expected, Expand(word));

    [Theory]
    [InlineData("${NONE:-d}", "d")]
    [InlineData("${EMPTY:-d}", "d")]
    [InlineData("${EMPTY-d}", "")]
    [InlineData("${NONE-d}", "d")]
    [InlineData("${PWD:-d}", "/home")]
    [InlineData("${PWD:+d}", "d")]
    [InlineData("${EMPTY:+d}", "")]
    [InlineData("${EMPTY+d}", "d")]
    [InlineData("${NONE+d}", "")]
    [InlineData("${NONE:-${NO:-$PWD}}x", "/homex")]
    [InlineData("${PWD:+${PWD}:}x", "/home:x")]
    [InlineData("${NONE:-\"a }b\"}", "a }b")]
    [InlineData("\"${NONE:-\"a b\"}\"", "a b")]
    [InlineData("${NONE:-\\$PWD}", "$PWD")]
    [InlineData("${NONE:-{x}", "{x")]
    [InlineData("${PWD?}", "/home")]
    [InlineData("${EMPTY?}", "")]
    [InlineData("${PWD:-${NONE:?not looked at}}", "/home")]
    [InlineData("${1:-x}${999-y}", "xy")]
    public void DefaultsAndAlternatives(string word, string expected) => Assert.Equal(expected, Expand(word));

    [Theory]
    [InlineData("${str#f*b}", "arbaz")]
    [InlineData("${str##f*b}", "az")]
    [InlineData("${str%b*}", "foobar")]
    [InlineData("${str%%b*}", "foo")]
    [InlineData("${str/ba/fo}", "fooforbaz")]
    [InlineData("${str//ba/fo}", "fooforfoz")]
    [InlineData("${path##*/}", "x.tar.gz")]
    [InlineData("${path%/*}", "/usr/local/lib")]
    [InlineData("${path%%.*}", "/usr/local/lib/x")]
    [InlineData("${path#*/}", "usr/local/lib/x.tar.gz")]
    [InlineData("${path//\\//-}", "-usr-local-lib-x.tar.gz")]
    [InlineData("${stars%\\?c}", "a*b")]
    [InlineData("${stars#a\\*}", "b?c")]
    [InlineData("${stars//\\*/x}", "axb?c")]
    [InlineData("${str/z/}", "foobarba")]
    [InlineData("${str//o/$PWD}", "f/home/homebarbaz")]
    [InlineData("${str/%z/y}", "foobarbaz")]
    [InlineData("${str#x}", "foobarbaz")]
    [InlineData("${str#}", "foobarbaz")]
    [InlineData("${str%%*}", "")]
    [InlineData("${str//?/x}", "xxxxxxxxx")]
    [InlineData("${NONE#x}${NONE//x/y}", "")]
    [InlineData("${braces%\\}*}", "a")]
    [InlineData("${str/foo/a\\/b\\}}", "a/b}barbaz")]
    [InlineData("${str/foo/$back}", "c:\\dbarbaz")]
    [InlineData("${str%${str#foobar}}", "foobar")]
    public void PatternsAreCutOffOrReplaced(string word, string expected) => Assert.Equal(expected, Expand(word));

    [Theory]
    [InlineData("he'llo")]
    [InlineData("\"hello")]
    [InlineData("\"hello\\\"")]
    [InlineData("${}")]
    [InlineData("${")]
    [InlineData("${PWD")]
    [InlineData("${.}")]
    [InlineData("${PWD:YYY}")]
    [InlineData("${PWD:=000}")]
    [InlineData("${NONE?}")]
    [InlineData("${EMPTY:?}")]
    [InlineData("${NONE:?why}")]
    [InlineData("${{aaa}")]
    [InlineData("${:-bbb}")]
    [InlineData("${str/a}")]
    [InlineData("${str//a/b")]
    [InlineData("${PWD^^}")]
    [InlineData("${#str}")]
    public void WhatMakesNoSenseIsRefused(string word) => Assert.Throws<FormatException>(() => Expand(word));

    [Fact]
    public void NestingHasAnEnd()
    {
        string word = string.Concat(Enumerable.Repeat("${NONE:-", 100_000)) + string.Concat(Enumerable.Repeat("}", 100_000));
        Assert.Throws<FormatException>(() => Expand(word));
    }

    [Theory]
    [InlineData("a${spaces}b", new[] { "a", "a", "b", "b" })]
    [InlineData("a\"${spaces}\"b", new[] { "a  a  b b" })]
    [InlineData("a\\ b  c", new[] { "a b", "c" })]
    [InlineData("  ", new string[0])]
    [InlineData("80 ${NONE} 81", new[] { "80", "81" })]
    public void WordsAreSplitAtBlanks(string text, string[] expected) =>
        Assert.Equal(expected, new VariableExpander(s_values.GetValueOrDefault).ExpandWords(text));

    [Fact]
    public void UsedAndUndefinedNamesAreKept()
    {
        var expander = new VariableExpander(s_values.GetValueOrDefault);
        expander.Expand("$PWD ${A} ${B:-x} ${C:+$D} ${E+x} ${SHELL:-$F} $1 $? '$G' \\$H ${I%x} ${J:-$K}");
        Assert.Equal(["A", "I", "K"], expander.Undefined.Order(StringComparer.Ordinal));
        Assert.Equal(["PWD", "SHELL"], expander.Used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AgreesWithAShell()
    {
        // What both languages have: the patterns and defaults, on values that have no blanks.
        string[] words =
        [
            "${str#*o}", "${str##*o}", "${str%a*}", "${str%%a*}", "${str#??}", "${str%???}", "${path##*.}", "${path%.*.*}", "${path#/*/}", "${path##/*/}",
            "${NONE:-a\"b c\"d}", "${PWD:+'x y'}", "${stars#*\\*}", "${stars%%\\?*}", "\"${path%/*}/z\"", "${EMPTY:-$str}", "${EMPTY-$str}", "a\\\"b", "\"a\\\"b\\c\"",
            "${str%${str#fo}}", "${str#\"f*\"}", "${stars%\"?c\"}", "${stars#'a*'}", "${NONE-${EMPTY:-${PWD%e}}}", "\"$str\"'$str'", "${str##*}", "${str%%}", "${path%%/*}",
        ];
        string script = string.Concat(words.Select(w => $"x={w}; printf '%s\\n' \"$x\"\n"));
        var start = new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var (name, value) in s_values.Where(v => v.Key != "été"))
            start.Environment[name] = value;
        using var shell = Process.Start(start)!;
        string[] lines = shell.StandardOutput.ReadToEnd().Split('\n');
        shell.WaitForExit();
        // The shell keeps a PWD of its own only if it is right, which this one is not; str, path and stars are what it was given.
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].Contains("PWD", StringComparison.Ordinal))
                Assert.Equal($"{words[i]} = {lines[i]}", $"{words[i]} = {Expand(words[i])}");
        }
    }

    private static string Expand(string word) => new VariableExpander(s_values.GetValueOrDefault).Expand(word);
}
