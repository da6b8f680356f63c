namespace ContainerTools.Core.Build.Language;

/// <summary>The rules of the linter, by the names that BuildKit gives them (https://docs.docker.com/reference/build-checks/).</summary>
public static class LintRules
{
    /// <summary>Stage names are in lower case.</summary>
    public const string StageNameCasing = nameof(StageNameCasing);

    /// <summary><c>AS</c> has the case of <c>FROM</c>.</summary>
    public const string FromAsCasing = nameof(FromAsCasing);

    /// <summary>No empty line follows a continuation character.</summary>
    public const string NoEmptyContinuation = nameof(NoEmptyContinuation);

    /// <summary>All instructions are in upper case, or all in lower case.</summary>
    public const string ConsistentInstructionCasing = nameof(ConsistentInstructionCasing);

    /// <summary>No two stages have one name.</summary>
    public const string DuplicateStageName = nameof(DuplicateStageName);

    /// <summary>No stage is named <c>scratch</c> or <c>context</c>.</summary>
    public const string ReservedStageName = nameof(ReservedStageName);

    /// <summary>CMD and ENTRYPOINT have the JSON form, because a shell does not pass signals on.</summary>
    public const string JSONArgsRecommended = nameof(JSONArgsRecommended);

    /// <summary>A label names the author, not MAINTAINER.</summary>
    public const string MaintainerDeprecated = nameof(MaintainerDeprecated);

    /// <summary>FROM uses variables that a global ARG declares.</summary>
    public const string UndefinedArgInFrom = nameof(UndefinedArgInFrom);

    /// <summary>The first WORKDIR is absolute.</summary>
    public const string WorkdirRelativePath = nameof(WorkdirRelativePath);

    /// <summary>Variables are defined before they are used.</summary>
    public const string UndefinedVar = nameof(UndefinedVar);

    /// <summary>CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage, because the last one counts.</summary>
    public const string MultipleInstructionsDisallowed = nameof(MultipleInstructionsDisallowed);

    /// <summary>ENV and LABEL are written with an equals sign.</summary>
    public const string LegacyKeyValueFormat = nameof(LegacyKeyValueFormat);

    /// <summary><c>--platform=$TARGETPLATFORM</c> says what is so anyway.</summary>
    public const string RedundantTargetPlatform = nameof(RedundantTargetPlatform);

    /// <summary>ARG and ENV hold no secrets: the image shows them to everybody.</summary>
    public const string SecretsUsedInArgOrEnv = nameof(SecretsUsedInArgOrEnv);

    /// <summary>FROM names an image also when no build argument is given.</summary>
    public const string InvalidDefaultArgInFrom = nameof(InvalidDefaultArgInFrom);

    /// <summary><c>--platform</c> is no constant, or the stage's name tells it.</summary>
    public const string FromPlatformFlagConstDisallowed = nameof(FromPlatformFlagConstDisallowed);

    /// <summary>COPY and ADD do not name what .dockerignore leaves out.</summary>
    public const string CopyIgnoredFile = nameof(CopyIgnoredFile);

    /// <summary>EXPOSE names neither an address nor a port of the host.</summary>
    public const string ExposeInvalidFormat = nameof(ExposeInvalidFormat);

    /// <summary>The protocol after EXPOSE is in lower case.</summary>
    public const string ExposeProtoCasing = nameof(ExposeProtoCasing);

    /// <summary>A comment directly above a stage or an ARG begins with its name. Experimental: it is on only when <c># check=experimental=</c> names it.</summary>
    public const string InvalidDefinitionDescription = nameof(InvalidDefinitionDescription);
}
