using System.Globalization;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Engine;

namespace ContainerTools.Core.Build;

/// <summary>The build arguments that say how to build, as BuildKit has them: no file need declare them.</summary>
/// <param name="given">What the build was given.</param>
internal sealed class BuiltInArguments(IReadOnlyDictionary<string, string> given)
{
    private const string SourceDateName = "SOURCE_DATE_EPOCH";

    /// <summary><c>BUILDKIT_CONTEXT_KEEP_GIT_DIR</c>: whether a git repository that is the context keeps its directory .git.</summary>
    internal bool KeepGitDirectory => IsTrue("BUILDKIT_CONTEXT_KEEP_GIT_DIR");

    /// <summary><c>BUILDKIT_CACHE_MOUNT_NS</c>: keeps cache mounts apart from those of the same ids.</summary>
    internal string? CacheMountNamespace => Text("BUILDKIT_CACHE_MOUNT_NS");

    /// <summary><c>BUILDKIT_SANDBOX_HOSTNAME</c>: the host name in RUN.</summary>
    internal string? HostName => Text("BUILDKIT_SANDBOX_HOSTNAME");

    /// <summary>Makes options of those that are options too: <c>SOURCE_DATE_EPOCH</c> and <c>BUILDKIT_INLINE_CACHE</c>.</summary>
    /// <exception cref="ContainerToolsException">BuildArgumentInvalid: a value makes no sense.</exception>
    internal BuildOptions Apply(BuildOptions options)
    {
        if (IsTrue("BUILDKIT_INLINE_CACHE") && options.CacheTo.All(static l => l.Reference is not null))
        {
            options = options with { CacheTo = [.. options.CacheTo, CacheLocation.ParseDestination("inline")] };
        }

        if (Text(SourceDateName) is { } text)
        {
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? options with { SourceDate = DateTimeOffset.FromUnixTimeSeconds(seconds) }
                : throw Invalid(SourceDateName, text, "no number of seconds since 1970");
        }

        // ARG SOURCE_DATE_EPOCH sees it, wherever it comes from.
        return options.SourceDate is not { } date ? options
            : options with { BuildArguments = new Dictionary<string, string>(options.BuildArguments) { [SourceDateName] = date.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) } };
    }

    private string? Text(string name) => given.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    private bool IsTrue(string name) => Text(name) switch
    {
        null or "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        var text => throw Invalid(name, text, "neither true nor false"),
    };

    private static ContainerToolsException Invalid(string name, string value, string problem) =>
        new("BuildArgumentInvalid", ErrorKind.InvalidArgument, $"The build argument {name} is '{value}', which is {problem}.", name);
}
