using System.Text;
using ContainerTools.Core.Build.Language;
using static ContainerTools.Core.Tests.Build.Language.Documents;

namespace ContainerTools.Core.Tests.Build.Language;

public class ParserTests
{
    [Fact]
    public void StagesHaveNamesBasesPlatformsAndInstructions()
    {
        var file = Parse("""
            # syntax=docker/dockerfile:1
            ARG VERSION=1.2
            ARG OTHER
            FROM --platform=$BUILDPLATFORM golang:${VERSION} AS Build
            RUN go build
            FROM scratch
            COPY --from=build /app /
            """);
        Assert.Equal("docker/dockerfile:1", file.Directives.Syntax);
        Assert.Empty(file.GlobalArguments[0].Comments);
        Assert.Equal(["VERSION", "OTHER"], file.GlobalArguments.Select(a => a.Arguments[0].Name));
        Assert.Equal(["build", null], file.Stages.Select(s => s.Name));
        Assert.Equal(["golang:${VERSION}", "scratch"], file.Stages.Select(s => s.BaseName));
        Assert.Equal("$BUILDPLATFORM", file.Stages[0].Platform);
        Assert.Equal("go build", Assert.IsType<RunInstruction>(file.Stages[0].Instructions[0]).Command.Arguments[0]);
        Assert.Same(file.Stages[0], file.FindStage("BUILD"));
        Assert.Same(file.Stages[0], file.FindStage("0", 1));
        Assert.Null(file.FindStage("1", 1));
        Assert.Null(file.FindStage("0", allowIndex: false));
    }

    [Theory]
    [InlineData("RUN a \\\n  b", "a   b")]
    [InlineData("RUN a \\   \n# a comment\n   # another\n b", "a  b")]
    [InlineData("RUN a\\\nb", "ab")]
    [InlineData("RUN a \\\n\n\nb", "a b")]
    [InlineData("RUN a \\", "a")]
    [InlineData("RUN a \\\n# the end", "a")]
    [InlineData("RUN a \\\\", "a \\\\")]
    [InlineData("RUN \\\n  a", "a")]
    [InlineData("   run\ta # no comment", "a # no comment")]
    [InlineData("\\\nRUN a", "a")]
    [InlineData("RUN a `\n", "a `")]
    public void ContinuationLinesAreJoined(string body, string script) => Assert.Equal([script], One<RunInstruction>(body).Command.Arguments);

    [Fact]
    public void TheEscapeDirectiveChangesTheContinuationCharacter()
    {
        var file = Parse("# escape=`\nFROM scratch\nCOPY a c:\\\nRUN a `\n b\nENV x=`$y z=\\$y\n");
        Assert.Equal('`', file.Directives.Escape);
        Assert.Equal("c:\\", Assert.IsType<CopyInstruction>(file.Stages[0].Instructions[0]).Destination);
        Assert.Equal(["a  b"], Assert.IsType<RunInstruction>(file.Stages[0].Instructions[1]).Command.Arguments);
        var env = Assert.IsType<EnvInstruction>(Scope(file, ("y", "1")).Apply(file.Stages[0].Instructions[2]));
        Assert.Equal(["$y", "\\1"], env.Variables.Select(v => v.Value));
    }

    [Theory]
    [InlineData("#syntax=a\n#escape=`\nFROM scratch", "a", '`')]
    [InlineData("# SyNtAx = a\nFROM scratch", "a", '\\')]
    [InlineData("# a comment\n# escape=`\nFROM scratch", null, '\\')]
    [InlineData("\n# escape=`\nFROM scratch", null, '\\')]
    [InlineData("# unknown=1\n# syntax=a\nFROM scratch", null, '\\')]
    [InlineData("FROM scratch\n# syntax=a\n", null, '\\')]
    public void DirectivesStandAtTheTop(string text, string? syntax, char escape)
    {
        var directives = Parse(text).Directives;
        Assert.Equal((syntax, escape), (directives.Syntax, directives.Escape));
    }

    [Fact]
    public void CheckDirectiveIsRead()
    {
        var directives = Parse("# check=skip=StageNameCasing, FromAsCasing; error=true\nFROM scratch").Directives;
        Assert.Equal(["StageNameCasing", "FromAsCasing"], directives.SkippedRules);
        Assert.True(directives.ErrorOnWarning);
        Assert.False(directives.SkipAllRules);
        Assert.True(Parse("# check=skip=all\nFROM scratch").Directives.SkipAllRules);
        Assert.Equal(["all"], Parse("# check=experimental=all\nFROM scratch").Directives.ExperimentalRules);
    }

    [Fact]
    public void ByteOrderMarkAndWindowsLinesAreRead()
    {
        var file = Parse("\uFEFF# escape=`\r\nFROM scratch\r\nRUN a `\r\n  b\r\nRUN <<EOF\r\none\r\ntwo\r\nEOF\r\nCMD [\"x\"]\r\n");
        Assert.Equal(['`'], [file.Directives.Escape]);
        Assert.Equal("a   b", Assert.IsType<RunInstruction>(file.Stages[0].Instructions[0]).Command.Arguments[0]);
        Assert.Equal("one\ntwo\n", Assert.IsType<RunInstruction>(file.Stages[0].Instructions[1]).Command.Arguments[0]);
        Assert.Equal(["x"], Assert.IsType<CmdInstruction>(file.Stages[0].Instructions[2]).Command.Arguments);
    }

    [Fact]
    public void RangesAndTextsAreTheFiles()
    {
        const string text = "FROM scratch\n\n  RUN a \\\n    # why\n    b\nCOPY <<X <<Y /d/\n1\nX\n2\nY\nENV a=1 \\\n  b=2\n";
        var body = Parse(text).Stages[0].Instructions;
        Assert.Equal(new SourceRange(3, 3, 5, 5), body[0].Range);
        Assert.Equal("RUN a \\\n    # why\n    b", body[0].Text);
        Assert.Equal("RUN a b", body[0].Summary);
        Assert.Equal(new SourceRange(6, 1, 10, 1), body[1].Range);
        var copy = Assert.IsType<CopyInstruction>(body[1]);
        Assert.Equal([new SourceRange(7, 1, 7, 1), new SourceRange(9, 1, 9, 1)], copy.Heredocs.Select(h => h.Range));
        Assert.Equal([new SourceRange(11, 5, 11, 7), new SourceRange(12, 3, 12, 5)], Assert.IsType<EnvInstruction>(body[2]).Variables.Select(v => v.Range));
    }

    [Fact]
    public void CommentsInAnotherEncodingAreHarmless()
    {
        byte[] text = [.. "FROM scratch\n# caf"u8, 0xE9, .. "\nRUN a \\\n# "u8, 0xE9, .. "\nb\n"u8];
        Assert.Equal("a b", Assert.IsType<RunInstruction>(ContainerfileParser.Parse(text, "C").Stages[0].Instructions[0]).Command.Arguments[0]);
        var error = Assert.Throws<ContainerfileException>(() => ContainerfileParser.Parse([.. "FROM scratch\nRUN caf"u8, 0xE9], "C"));
        Assert.Equal(("ContainerfileEncoding", 2, 8), (error.ErrorId, error.Line, error.Column));
        Assert.Throws<ContainerfileException>(() => ContainerfileParser.Parse([.. "FROM scratch\nCOPY <<X /\n# "u8, 0xE9, .. "\nX\n"u8], "C"));
    }

    [Fact]
    public void AHundredThousandLinesAreReadQuickly()
    {
        var text = new StringBuilder("FROM scratch\nRUN true");
        for (int i = 0; i < 50_000; i++)
            text.Append(" && \\\n  echo ").Append(i);
        text.Append("\nRUN <<EOF\n");
        for (int i = 0; i < 50_000; i++)
            text.Append("echo ").Append(i).Append('\n');
        text.Append("EOF\n");
        text.Append("ENV");
        for (int i = 0; i < 50_000; i++)
            text.Append(" \\\n  KEY_").Append(i).Append("=$KEY_").Append(i);
        var file = Parse(text.ToString());
        Assert.Equal(3, file.Stages[0].Instructions.Count);
        Assert.Equal(50_000, file.Warnings.Count);
        Assert.Equal(file.Lines.Count, Assert.IsType<EnvInstruction>(file.Stages[0].Instructions[2]).Variables[^1].Range.StartLine);
    }
}
