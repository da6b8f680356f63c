using System.Text;
using ContainerTools.Core.Build.Language;
using static ContainerTools.Core.Tests.Build.Language.Documents;

namespace ContainerTools.Core.Tests.Build.Language;

public class LintTests
{
    [Theory]
    [InlineData("FROM x AS Build", "StageNameCasing:1")]
    [InlineData("FROM x as build", "FromAsCasing:1")]
    [InlineData("from x as build", "")]
    [InlineData("FROM x\nRUN a \\\n\nb", "NoEmptyContinuation:3")]
    [InlineData("FROM x\nrun a\nRUN b", "ConsistentInstructionCasing:2")]
    [InlineData("from x\nrun a\nRUN b", "ConsistentInstructionCasing:3")]
    [InlineData("FROM x\nRun a", "ConsistentInstructionCasing:2")]
    [InlineData("FROM x AS a\nFROM y AS a", "DuplicateStageName:2")]
    [InlineData("FROM x AS scratch\nFROM y AS context", "ReservedStageName:1 ReservedStageName:2")]
    [InlineData("FROM x\nCMD a b\nENTRYPOINT a", "JSONArgsRecommended:2 JSONArgsRecommended:3")]
    [InlineData("FROM x\nSHELL [\"bash\", \"-c\"]\nCMD a b", "")]
    [InlineData("FROM x AS a\nSHELL [\"bash\", \"-c\"]\nFROM a\nCMD a b", "")]
    [InlineData("FROM x\nSHELL [\"bash\", \"-c\"]\nCMD ['a']", "JSONArgsRecommended:3")]
    [InlineData("FROM x\nRUN ['a']", "JSONArgsRecommended:2")]
    [InlineData("FROM x\nSHELL [\"bash\", \"-c\"]\nENTRYPOINT [\"a\"] # why", "JSONArgsRecommended:3")]
    [InlineData("FROM x\nRUN [ \"$a\" = \"b\" ]", "")]
    [InlineData("FROM x\nMAINTAINER a", "MaintainerDeprecated:2")]
    [InlineData("ARG A=1\nFROM x:$A$B", "UndefinedArgInFrom:2")]
    [InlineData("FROM x:${B:-1}$TARGETARCH", "")]
    [InlineData("FROM x\nCMD [\"a\"]\nCMD [\"b\"]\nHEALTHCHECK NONE\nHEALTHCHECK NONE", "MultipleInstructionsDisallowed:2 MultipleInstructionsDisallowed:4")]
    [InlineData("FROM x\nCMD [\"a\"]\nFROM y\nCMD [\"b\"]", "")]
    [InlineData("FROM x\nENV a b\nLABEL c d", "LegacyKeyValueFormat:2 LegacyKeyValueFormat:3")]
    [InlineData("FROM --platform=$TARGETPLATFORM x", "RedundantTargetPlatform:1")]
    [InlineData("FROM --platform=linux/amd64 x", "FromPlatformFlagConstDisallowed:1")]
    [InlineData("FROM --platform=linux/amd64 x AS build-amd64", "")]
    [InlineData("FROM --platform=$BUILDPLATFORM x", "")]
    [InlineData("FROM x\nARG API_KEY\nENV DB_PASSWORD=a TOKEN_FILE=b PUBLIC_KEY=c MONKEY=d\nARG token", "SecretsUsedInArgOrEnv:2 SecretsUsedInArgOrEnv:3 SecretsUsedInArgOrEnv:4")]
    [InlineData("ARG V\nFROM x:$V", "InvalidDefaultArgInFrom:2")]
    [InlineData("ARG V\nFROM $V", "InvalidDefaultArgInFrom:2")]
    [InlineData("ARG V=a\nFROM x AS a\nFROM $V", "")]
    [InlineData("FROM x AS bin-linux\nFROM bin-$TARGETOS", "")]
    [InlineData("# about it\nFROM x AS a\n# check=experimental=all\n# b is\nARG b", "")]
    [InlineData("# syntax=a\n# check=experimental=all\nFROM x AS a", "")]
    [InlineData("# check=experimental=InvalidDefinitionDescription\n# about it\nFROM x AS a\n# b is\nARG b\n# no\n\nARG c\n# no\nARG d", "InvalidDefinitionDescription:3 InvalidDefinitionDescription:10")]
    public void Rules(string text, string expected) => Assert.Equal(expected, string.Join(' ', Documents.Rules(text)));

    [Theory]
    [InlineData("# check=skip=StageNameCasing\nFROM x AS Build\nCMD a", "JSONArgsRecommended:3")]
    [InlineData("# check=skip=all\nFROM x AS Build\nCMD a", "")]
    [InlineData("FROM x\n# check=skip=JSONArgsRecommended\nCMD a\nENTRYPOINT b", "JSONArgsRecommended:4")]
    [InlineData("FROM x\n# why\n# check=skip=all\nCMD a", "")]
    public void RulesAreTurnedOff(string text, string expected) => Assert.Equal(expected, string.Join(' ', Documents.Rules(text)));

    [Theory]
    [InlineData("ENV PATH=$PAHT:/bin", "UndefinedVar:2 (did you mean PATH?)")]
    [InlineData("ENV a=${b:-c}${b:+c}", "")]
    [InlineData("ARG b\nENV a=$b", "")]
    [InlineData("ARG a=$c", "UndefinedVar:2")]
    [InlineData("COPY <<E /\n$a $PATH\nE", "UndefinedVar:2")]
    [InlineData("WORKDIR a\nWORKDIR b", "WorkdirRelativePath:2")]
    [InlineData("WORKDIR /a\nWORKDIR b", "")]
    [InlineData("WORKDIR $PATH", "")]
    [InlineData("EXPOSE 80/TCP 127.0.0.1:80:80 1:2", "ExposeProtoCasing:2 ExposeInvalidFormat:2 ExposeInvalidFormat:2")]
    [InlineData("COPY a.md docs/b x.c /\nADD ./a.md /x/\nCOPY *.md /", "CopyIgnoredFile:2 CopyIgnoredFile:3")]
    [InlineData("COPY --from=img a.md /\nADD https://x/a.md /", "")]
    [InlineData("# check=skip=UndefinedVar\nENV a=$b", "")]
    public void RulesThatNeedValues(string body, string expected)
    {
        var file = Parse("FROM x\n" + body);
        var ignore = IgnoreFile.Parse("*.md\n"u8, ".dockerignore");
        var scope = new BuildScope(file, new BuildScopeOptions { Ignore = ignore }).Enter(file.Stages[0], [KeyValuePair.Create("PATH", "/bin")]);
        foreach (var instruction in file.Stages[0].Instructions)
            scope.Apply(instruction);
        var found = scope.Warnings.Select(w => $"{w.Rule}:{w.Range.StartLine}{(w.Message.Contains('?') ? w.Message[w.Message.LastIndexOf(" (", StringComparison.Ordinal)..] : "")}");
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public void WarningsAreErrorsWhereTheFileSaysSo()
    {
        var file = Parse("# check=error=true\nFROM x\nCMD a\nENTRYPOINT b\n");
        var error = file.ErrorOf(file.Warnings)!;
        Assert.Equal(("ContainerfileWarning", 3, "CMD a"), (error.ErrorId, error.Line, error.LineText));
        Assert.Null(file.ErrorOf([]));
        var lenient = Parse("FROM x\nCMD a\n");
        Assert.Null(lenient.ErrorOf(lenient.Warnings));
    }

    [Fact]
    public void MessagesSayWhatToDo()
    {
        Assert.Contains("double quotes", Parse("FROM x\nCMD ['a']").Warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains("--mount=type=secret", Parse("FROM x\nENV API_KEY=a").Warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains("did you mean VERSION?", Parse("ARG VERSION=1\nFROM x:1$VERSON").Warnings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHundredStagesOfWarningsAreFoundOnce()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 100; i++)
            text.Append("FROM x AS S").Append(i).Append("\nCMD a\n");
        Assert.Equal(200, Parse(text.ToString()).Warnings.Count);
    }
}
