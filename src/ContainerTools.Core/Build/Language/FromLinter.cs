using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Language;

/// <summary>Checks FROM with the defaults of the global arguments.</summary>
internal static class FromLinter
{
    internal static void Check(Containerfile file, LintFilter found)
    {
        var defaults = PredefinedArguments.Values(Platform.Current, Platform.Current, file.Stages[^1].Name ?? "default");
        try
        {
            foreach (var argument in file.GlobalArguments.SelectMany(a => a.Arguments))
            {
                string? value = argument.Value is null ? defaults.GetValueOrDefault(argument.Name) : Expander(file, defaults).Expand(argument.Value);
                defaults[argument.Name] = value;
            }

            foreach (var stage in file.Stages)
                Check(file, stage.From, defaults, found);
        }
        catch (FormatException)
        {
            // The build meets it too, with the values it has, and says where it is.
        }
    }

    private static void Check(Containerfile file, FromInstruction from, Dictionary<string, string?> defaults, LintFilter found)
    {
        var expander = Expander(file, defaults);
        string name = expander.Expand(from.BaseName);
        bool hasVariables = expander.Used.Count + expander.Undefined.Count > 0;
        if (hasVariables && file.FindStage(name, allowIndex: false) is null && !ImageReference.TryParse(name, out _))
        {
            found.Add(LintRules.InvalidDefaultArgInFrom,
                $"Without build arguments, {from.BaseName} is {(name.Length == 0 ? "empty" : $"'{name}'")}, which names no image: give the ARG a default", from);
        }

        if (from.Platform is { } platform)
        {
            string value = expander.Expand(platform);
            if (platform is "$TARGETPLATFORM" or "${TARGETPLATFORM}")
                found.Add(LintRules.RedundantTargetPlatform, $"--platform={platform} is what is used anyway", from);
            if (!platform.Contains('$') && Platform.TryParse(value, out var parsed)
                && !(from.StageName is { } stage && (stage.Contains(parsed.Os, StringComparison.Ordinal) || stage.Contains(parsed.Architecture, StringComparison.Ordinal))))
            {
                found.Add(LintRules.FromPlatformFlagConstDisallowed, $"--platform={platform} is a constant: use $BUILDPLATFORM, or choose the platform for the build", from);
            }
        }

        foreach (string undefined in expander.Undefined.Where(u => !defaults.ContainsKey(u)))
            found.Add(LintRules.UndefinedArgInFrom, $"No ARG above the first FROM declares '{undefined}'{FlagSet.Near(undefined, defaults.Keys)}", from);
    }

    private static VariableExpander Expander(Containerfile file, Dictionary<string, string?> values) => new(n => values.GetValueOrDefault(n), file.Directives.Escape);
}
