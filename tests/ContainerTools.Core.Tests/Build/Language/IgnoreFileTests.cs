using System.Text;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Tests.Build.Language;

public class IgnoreFileTests
{
    [Theory]
    [InlineData("*/temp*", "a/temporary.txt", true)]
    [InlineData("*/temp*", "a/b/temporary.txt", false)]
    [InlineData("*/temp*", "temp", false)]
    [InlineData("*/*/temp*", "a/b/temporary.txt", true)]
    [InlineData("temp?", "tempa", true)]
    [InlineData("temp?", "temp/a", false)]
    [InlineData("**/*.go", "main.go", true)]
    [InlineData("**/*.go", "a/b/main.go", true)]
    [InlineData("*.md", "a/README.md", false)]
    [InlineData("*.md", "README.md", true)]
    [InlineData("node_modules", "node_modules/a/b", true)]
    [InlineData("node_modules", "a/node_modules", false)]
    [InlineData("**/node_modules", "a/node_modules/b", true)]
    [InlineData("**/node_modules", "a/my_node_modules/b", false)]
    [InlineData("/foo/bar/", "foo/bar/x", true)]
    [InlineData("./foo//bar/../baz", "foo/baz", true)]
    [InlineData("foo/**", "foo", false)]
    [InlineData("foo/**", "foo/a/b", true)]
    [InlineData("**", "anything/at/all", true)]
    [InlineData("*", "anything/at/all", true)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b/z", true)]
    [InlineData("a/**/b", "a/xb", false)]
    [InlineData("[a-c].txt", "b.txt", true)]
    [InlineData("[^a-c].txt", "b.txt", false)]
    [InlineData("[^a-c].txt", "d.txt", true)]
    [InlineData("a\\*b", "a*b", true)]
    [InlineData("a\\*b", "axb", false)]
    [InlineData("a.b+c(d)$", "a.b+c(d)$", true)]
    [InlineData("a.b", "axb", false)]
    [InlineData("  padded  ", "padded", true)]
    [InlineData("# comment", "# comment", false)]
    [InlineData(" #file", "#file", true)]
    [InlineData("../x", "x", false)]
    [InlineData("**/bin/Debug", "src/a/bin/Debug/x.dll", true)]
    [InlineData("src/*.o", "src/a.o", true)]
    [InlineData("src/*.o", "src/a/b.o", false)]
    [InlineData("é*", "été.txt", true)]
    public void Patterns(string pattern, string path, bool ignored, bool valid = true)
    {
        if (valid)
            Assert.Equal(ignored, Read(pattern).IsIgnored(path));
        else
            Assert.Throws<ContainerfileException>(() => Read(pattern));
    }

    [Theory]
    [InlineData("*.md\n!README.md", "README.md", false)]
    [InlineData("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true)]
    [InlineData("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false)]
    [InlineData("*\n!src\n!*.json", "src/a/b.c", false)]
    [InlineData("*\n!src\nsrc/*.tmp", "src/a.tmp", true)]
    [InlineData("a\n!a/b/c", "a/b/c", false)]
    [InlineData("a\n!a/b/c", "a/b/d", true)]
    [InlineData("!a", "a", false)]
    [InlineData("a\n! a", "a", false)]
    [InlineData("d\n!d/x\nd", "d/x", true)]
    public void TheLastMatchDecides(string text, string path, bool ignored) => Assert.Equal(ignored, Read(text).IsIgnored(path));

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a\n!a/b/c", "a", false)]
    [InlineData("a\n!a/b/c", "a/b", false)]
    [InlineData("a\n!a/b/c", "a/x", true)]
    [InlineData("*\n!src/*.c", "lib", true)]
    [InlineData("*\n!src/*.c", "src", false)]
    [InlineData("*\n!**/keep", "lib/x", false)]
    [InlineData("!keep\n*", "keep", true)]
    [InlineData("*\n!s*/x", "sub", false)]
    [InlineData("x", "a", false)]
    public void ADirectoryIsClosedWhenNothingInItComesBack(string text, string directory, bool closed)
    {
        var file = Read(text);
        var state = file.Root;
        foreach (string part in directory.Split('/'))
            state = file.Enter(state, part);
        Assert.Equal(closed, state.IsClosed);
    }

    [Fact]
    public void ErrorsNameTheLine()
    {
        var error = Assert.Throws<ContainerfileException>(() => Read("# a\n\na[b\n"));
        Assert.Equal(("IgnorePatternInvalid", 3, "a[b"), (error.ErrorId, error.Line, error.LineText));
        Assert.Throws<ContainerfileException>(() => Read("!\n"));
        Assert.Throws<ContainerfileException>(() => Read("a\\\n"));
        Assert.Throws<FormatException>(() => IgnoreFile.FromPatterns(["[x"]));
    }

    [Fact]
    public void FilesFromWindowsAreRead()
    {
        var file = IgnoreFile.Parse("\uFEFF*.md\r\n!README.md\r\n\r\n"u8, ".dockerignore");
        Assert.True(file.HasExceptions);
        Assert.True(file.IsIgnored("x.md"));
        Assert.False(file.IsIgnored("README.md"));
        Assert.True(IgnoreFile.Parse("# nothing\n"u8, "x").IsEmpty);
        Assert.False(IgnoreFile.Parse(""u8, "x").IsIgnored("a"));
    }

    [Fact]
    public void ManyPatternsAreIndexed()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 500; i++)
            text.Append("dir").Append(i).Append("/x\n**/name").Append(i).Append('\n');
        var file = Read(text.Append("!dir7/x/keep\n").ToString());
        Assert.True(file.IsIgnored("dir499/x/y"));
        Assert.True(file.IsIgnored("a/b/name0"));
        Assert.False(file.IsIgnored("dir7/x/keep"));
        Assert.False(file.IsIgnored("dir500/x"));
    }

    private static IgnoreFile Read(string text) => IgnoreFile.Parse(Encoding.UTF8.GetBytes(text), ".dockerignore");
}
