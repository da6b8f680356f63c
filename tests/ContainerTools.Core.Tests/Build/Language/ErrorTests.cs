using System.Text;
using ContainerTools.Core.Build.Language;
using ContainerTools.Engine;
using static ContainerTools.Core.Tests.Build.Language.Documents;

namespace ContainerTools.Core.Tests.Build.Language;

public class ErrorTests
{
    [Theory]
    [InlineData("RUNN a", "ContainerfileUnknownInstruction", 2, 1, "did you mean RUN?")]
    [InlineData("  copi a b", "ContainerfileUnknownInstruction", 2, 3, "did you mean COPY?")]
    [InlineData("RUN a\n&& b", "ContainerfileUnknownInstruction", 3, 1, "continuation character")]
    [InlineData("COPY --form=x a b", "ContainerfileUnknownFlag", 2, 6, "did you mean from?")]
    [InlineData("RUN --privileged a", "ContainerfileUnknownFlag", 2, 5, "--mount")]
    [InlineData("ENV --x a=b", "ContainerfileUnknownFlag", 2, 5, "ENV has no flags")]
    [InlineData("RUN --device=a,b c", "ContainerfileFlagInvalid", 2, 5, "NAME,required")]
    [InlineData("COPY --chown a b", "ContainerfileFlagInvalid", 2, 6, "needs a value")]
    [InlineData("COPY --link=maybe a b", "ContainerfileFlagInvalid", 2, 6, "true or false")]
    [InlineData("COPY --chown=1 --chown=2 a b", "ContainerfileFlagInvalid", 2, 16, "twice")]
    [InlineData("COPY --from=$x a b", "ContainerfileFlagInvalid", 2, 6, "no variables")]
    [InlineData("COPY --from=7 a b", "ContainerfileStageNotFound", 2, 1, "only stage 0")]
    [InlineData("RUN --network=hots a", "ContainerfileFlagInvalid", 2, 5, "did you mean host?")]
    [InlineData("RUN --mount=type=cach,target=/a x", "ContainerfileMount", 2, 5, "did you mean cache?")]
    [InlineData("RUN --mount=type=cache,targt=/a x", "ContainerfileMount", 2, 5, "did you mean target?")]
    [InlineData("RUN --mount=type=cache x", "ContainerfileMount", 2, 5, "target")]
    [InlineData("RUN --mount=type=bind,target=/a,sharing=private x", "ContainerfileMount", 2, 5, "sharing")]
    [InlineData("RUN --mount=type=secret x", "ContainerfileMount", 2, 5, "id")]
    [InlineData("RUN --mount=from=$x,target=/a x", "ContainerfileMount", 2, 5, "no variables")]
    [InlineData("RUN --mount=target=/ x", "ContainerfileMount", 2, 5, "root")]
    [InlineData("RUN --mount=type=tmpfs,target=/a,size=big x", "ContainerfileMount", 2, 5, "64m")]
    [InlineData("RUN", "ContainerfileArguments", 2, 1, "needs arguments")]
    [InlineData("RUN []", "ContainerfileArguments", 2, 5, "names no program", "runs nothing")]
    [InlineData("COPY a", "ContainerfileArguments", 2, 6, "destination")]
    [InlineData("COPY ['a', 'b']", "ContainerfileJsonForm", 2, 6, "double quotes")]
    [InlineData("VOLUME [\"/a\" \"/b\"]", "ContainerfileJsonForm", 2, 8, "character")]
    [InlineData("SHELL /bin/bash -c", "ContainerfileJsonForm", 2, 7, "JSON array")]
    [InlineData("CMD [\"a\", 1]", "ContainerfileJsonForm", 2, 5, "strings only")]
    [InlineData("ENV A", "ContainerfileArguments", 2, 5, "no value")]
    [InlineData("ENV A=1 B", "ContainerfileArguments", 2, 9, "no '='")]
    [InlineData("ENV =1", "ContainerfileArguments", 2, 5, "no name")]
    [InlineData("ENV A=1 # why", "ContainerfileArguments", 2, 9, "line of its own")]
    [InlineData("FROM a # why", "ContainerfileArguments", 2, 8, "line of its own")]
    [InlineData("COPY [\"a\", \"b\"] # why", "ContainerfileJsonForm", 2, 6, "character 12")]
    [InlineData("HEALTHCHECK CMD [\"a\"", "ContainerfileJsonForm", 2, 17, "character")]
    [InlineData("CMD cat <<EOF\nx\nEOF", "ContainerfileUnknownInstruction", 3, 1, "only RUN, COPY and ADD")]
    [InlineData("ARG =1", "ContainerfileArguments", 2, 5, "no name")]
    [InlineData("HEALTHCHECK curl", "ContainerfileArguments", 2, 13, "CMD")]
    [InlineData("HEALTHCHECK NONE x", "ContainerfileArguments", 2, 18, "no arguments")]
    [InlineData("HEALTHCHECK --interval=fast CMD x", "ContainerfileFlagInvalid", 2, 13, "30s")]
    [InlineData("HEALTHCHECK --retries=-1 CMD x", "ContainerfileFlagInvalid", 2, 13, "number")]
    [InlineData("ONBUILD ONBUILD RUN x", "ContainerfileArguments", 2, 9, "ONBUILD")]
    [InlineData("ONBUILD FROM x", "ContainerfileArguments", 2, 9, "FROM")]
    [InlineData("ONBUILD RNU x", "ContainerfileUnknownInstruction", 2, 9, "did you mean RUN?")]
    [InlineData("FROM a as", "ContainerfileArguments", 2, 8, "image")]
    [InlineData("FROM a AS 1x", "ContainerfileStageName", 2, 11, "1x")]
    [InlineData("RUN a \\\n  b \\\n  --c\nRUN --mont=x d", "ContainerfileUnknownFlag", 5, 5, "mount")]
    [InlineData("COPY \\\n  --chown=a \\\n  --linc \\\n a b", "ContainerfileUnknownFlag", 4, 3, "did you mean link?")]
    public void ErrorsSayWhereAndWhatToDo(string body, string id, int line, int column, string hint, string? orHint = null)
    {
        var error = Fails("FROM scratch\n" + body);
        Assert.Equal((id, line, column), (error.ErrorId, error.Line, error.Column));
        Assert.True(error.Problem.Contains(hint, StringComparison.Ordinal) || (orHint is not null && error.Problem.Contains(orHint, StringComparison.Ordinal)), error.Problem);
        Assert.StartsWith($"Containerfile:{line}:{column}: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("\n    " + body.Split('\n')[line - 2].Trim(), error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.InvalidData, error.Kind);
    }

    [Theory]
    [InlineData("", "ContainerfileEmpty")]
    [InlineData("# only a comment\n\n", "ContainerfileEmpty")]
    [InlineData("ARG a=1\n", "ContainerfileEmpty")]
    [InlineData("RUN x\nFROM scratch\n", "ContainerfileNoStage")]
    [InlineData("# escape=x\nFROM scratch", "ContainerfileDirectiveInvalid")]
    [InlineData("# escape=`\n# escape=`\nFROM scratch", "ContainerfileDirectiveDuplicate")]
    [InlineData("# check=skp=all\nFROM scratch", "ContainerfileDirectiveInvalid")]
    [InlineData("FROM scratch AS a\nCOPY --from=a x y", "ContainerfileStageOrder")]
    [InlineData("FROM scratch\nCOPY --from=b x y\nFROM scratch AS b", "ContainerfileStageOrder")]
    [InlineData("FROM scratch\nCOPY --from=1 x y\nFROM scratch AS b", "ContainerfileStageOrder")]
    [InlineData("FROM scratch\nRUN --mount=from=b,target=/x y\nFROM scratch AS b", "ContainerfileStageOrder")]
    public void FilesThatMakeNoSenseAreRefused(string text, string id) => Assert.Equal(id, Fails(text).ErrorId);

    [Fact]
    public void OtherEncodingsAreNamed()
    {
        const string text = "FROM scratch\n";
        foreach (byte[] bytes in new byte[][] { [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)], [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text)], Encoding.Unicode.GetBytes(text) })
        {
            var error = Assert.Throws<ContainerfileException>(() => ContainerfileParser.Parse(bytes, "C"));
            Assert.Equal("ContainerfileEncoding", error.ErrorId);
            Assert.Contains("UTF-8", error.Message, StringComparison.Ordinal);
        }

        Assert.Contains("line 2", Assert.Throws<ContainerfileException>(() => ContainerfileParser.Parse("FROM scratch\nRUN \0\n"u8, "C")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ABadTriggerPointsAtTheFromThatBringsIt()
    {
        var file = Parse("FROM scratch\n\nFROM base\n");
        foreach (string trigger in new[] { "", "FROM x", "RUNN x", "RUN a\nRUN b", "ONBUILD RUN x" })
        {
            var error = Assert.Throws<ContainerfileException>(() => ContainerfileParser.ParseTrigger(trigger, file, file.Stages[1]));
            Assert.Equal(("ContainerfileTrigger", 3, "FROM base"), (error.ErrorId, error.Line, error.LineText));
        }
    }

    [Fact]
    public void ErrorsOfExpansionPointAtTheInstruction()
    {
        var file = Parse("FROM scratch\nENV a=1\nWORKDIR ${b?must be given}\nEXPOSE http\nCOPY \"a b\" /c\n");
        var scope = Scope(file);
        scope.Apply(file.Stages[0].Instructions[0]);
        var error = Assert.Throws<ContainerfileException>(() => scope.Apply(file.Stages[0].Instructions[1]));
        Assert.Equal(("ContainerfileVariable", 3, "b: must be given"), (error.ErrorId, error.Line, error.Problem));
        Assert.Equal(4, Assert.Throws<ContainerfileException>(() => scope.Apply(file.Stages[0].Instructions[2])).Line);
        var late = Parse("ARG A=${B?}\nFROM scratch\nENV a=1 \\\n  b=${c?}\nARG d \\\n e=${f?}\n");
        Assert.Equal((1, 5), Place(() => new BuildScope(late, new())));
        late = late with { GlobalArguments = [] };
        Assert.Equal((4, 3), Place(() => Scope(late).Apply(late.Stages[0].Instructions[0])));
        Assert.Equal((6, 2), Place(() => Scope(late).Apply(late.Stages[0].Instructions[1])));
        Assert.Contains("JSON form", Assert.Throws<ContainerfileException>(() => scope.Apply(file.Stages[0].Instructions[3])).Message, StringComparison.Ordinal);
    }

    private static (int, int) Place(Func<object> fails)
    {
        var error = Assert.Throws<ContainerfileException>(fails);
        return (error.Line, error.Column);
    }
}
