using ContainerTools.Core.Images;

namespace ContainerTools.Core.Tests.Images;

public class WildcardTextTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "abc", true)]
    [InlineData("a*c", "abbc", true)]
    [InlineData("a*c", "abbd", false)]
    [InlineData("*b*b*", "abab", true)]
    [InlineData("*b*b*", "aba", false)]
    [InlineData("?", "", false)]
    [InlineData("a?c", "ABC", true)]
    [InlineData("[a-c]x", "bX", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("[xyz]", "y", true)]
    [InlineData("[", "[", true)]
    [InlineData("a`*", "a*", true)]
    [InlineData("a`*", "ab", false)]
    [InlineData("localhost:*/debian:*", "localhost:5000/debian:12", true)]
    public void MatchesAsPowerShellDoes(string pattern, string text, bool expected) => Assert.Equal(expected, WildcardText.Matches(pattern, text));
}
