using System.Text;
using ContainerTools.Core.Build;
using ContainerTools.Core.Build.Files;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Build;

public sealed class FilePatternTests
{
    [Theory]
    [InlineData("*.c", "one.c", true)]
    [InlineData("*.c", "one.h", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("[!a-c]x", "dx", true)]
    [InlineData(@"\*", "*", true)]
    [InlineData(@"\*", "a", false)]
    [InlineData("*", ".hidden", true)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    public void A_pattern_matches_names_as_in_Go(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.Matches(pattern, name));

    [Theory]
    [InlineData("755", "644", false, "755")]
    [InlineData("0600", "755", true, "600")]
    [InlineData("u=rwX,go=rX", "640", false, "644")]
    [InlineData("u=rwX,go=rX", "700", true, "755")]
    [InlineData("+x", "644", false, "755")]
    [InlineData("go-rwx", "777", false, "700")]
    [InlineData("u+s", "755", false, "4755")]
    [InlineData("a=r,u+w", "777", false, "644")]
    public void A_mode_is_a_number_or_changes(string change, string mode, bool isDirectory, string expected) =>
        Assert.Equal(Convert.ToUInt32(expected, 8), ModeChange.Parse(change).Apply(Convert.ToUInt32(mode, 8), isDirectory));

    [Theory]
    [InlineData("")]
    [InlineData("999")]
    [InlineData("u")]
    [InlineData("u=q")]
    [InlineData("777777")]
    public void What_is_no_mode_is_refused(string text) => Assert.Equal("BuildModeInvalid", Assert.Throws<BuildProblemException>(() => ModeChange.Parse(text)).ErrorId);

    [Fact]
    public void A_path_never_leads_out_of_its_tree()
    {
        using var tree = new TemporaryDirectory("ctrooted");
        Directory.CreateDirectory(tree["real/inner"]);
        File.CreateSymbolicLink(tree["absolute"], "/real");
        File.CreateSymbolicLink(tree["climbing"], "../../../../real/inner");
        File.CreateSymbolicLink(tree["real/up"], "../absolute/inner");
        File.CreateSymbolicLink(tree["circle"], "circle");
        using var files = FileSource.OfDirectory(tree.Path);
        Assert.Equal("real/inner", Resolve("absolute/inner"));
        Assert.Equal("real/inner/new", Resolve("/climbing/./new"));
        Assert.Equal("real/inner", Resolve("real/up"));
        Assert.Equal("real/up", Resolve("real/up", followLast: false));
        Assert.Equal("etc/passwd", Resolve("../../etc/passwd"));
        Assert.Equal("BuildTooManyLinks", Assert.Throws<BuildProblemException>(() => Resolve("circle/x")).ErrorId);

        string Resolve(string path, bool followLast = true) => Encoding.UTF8.GetString(RootedPath.Resolve(files.Root, Encoding.UTF8.GetBytes(path), followLast));
    }
}
