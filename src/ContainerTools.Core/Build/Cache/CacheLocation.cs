using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Cache;

/// <summary>A place that a build's cache is taken from or given to, in the words of docker's <c>--cache-from</c> and <c>--cache-to</c>.</summary>
public sealed record CacheLocation
{
    /// <summary>The name in a registry; null for a cache that goes into the image itself.</summary>
    public ImageReference? Reference { get; init; }

    /// <summary>Whether the results of all stages go there; otherwise those of the image's own layers.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Whether a cache that cannot be written is a warning only.</summary>
    public bool IgnoresErrors { get; init; }

    /// <summary>Reads where a cache is taken from: <c>NAME</c>, or <c>type=registry,ref=NAME</c>.</summary>
    /// <exception cref="ContainerToolsException">CacheLocationInvalid.</exception>
    public static CacheLocation ParseSource(string text)
    {
        var options = Options(text, "type", "ref");
        return TypeOf(options, text) == "registry" ? new CacheLocation { Reference = ReferenceOf(options, text) }
            : throw Invalid(text, "a cache is taken from a registry: an image that has its cache inside is given by its name");
    }

    /// <summary>Reads where a cache goes: <c>NAME</c>, <c>type=registry,ref=NAME,mode=min|max,ignore-error=true|false</c>, or <c>inline</c>.</summary>
    /// <exception cref="ContainerToolsException">CacheLocationInvalid.</exception>
    public static CacheLocation ParseDestination(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var options = Options(text == "inline" ? "type=inline" : text, "type", "ref", "mode", "ignore-error");
        bool isInline = TypeOf(options, text) == "inline";
        string mode = options.GetValueOrDefault("mode", "min");
        if (mode is not ("min" or "max") || (isInline && mode == "max"))
        {
            throw Invalid(text, isInline ? "an image holds the cache of its own layers only: mode=min" : "mode is min or max");
        }

        if (isInline && options.ContainsKey("ref"))
        {
            throw Invalid(text, "an inline cache goes where the image goes, and has no ref");
        }

        return new CacheLocation
        {
            Reference = isInline ? null : ReferenceOf(options, text),
            IsComplete = mode == "max",
            IgnoresErrors = bool.TryParse(options.GetValueOrDefault("ignore-error", "false"), out bool ignores) ? ignores : throw Invalid(text, "ignore-error is true or false"),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Reference?.Familiar ?? "inline";

    private static Dictionary<string, string> Options(string text, params string[] known) =>
        OptionList.Parse(text, "ref", known, problem => Invalid(text, problem));

    private static string TypeOf(Dictionary<string, string> options, string text) => options.GetValueOrDefault("type", "registry") switch
    {
        "registry" => "registry",
        "inline" => "inline",
        var type => throw Invalid(text, $"type is registry or inline, not '{type}'"),
    };

    private static ImageReference ReferenceOf(Dictionary<string, string> options, string text)
    {
        if (!options.TryGetValue("ref", out string? name) || !ImageReference.TryParse(name, out var reference))
        {
            throw Invalid(text, name is null ? "it names no place: ref=NAME" : $"'{name}' is no name in a registry");
        }

        return reference.Digest is null ? reference : throw Invalid(text, "a cache has a tag, and changes: a digest cannot name it");
    }

    private static ContainerToolsException Invalid(string text, string problem) =>
        new("CacheLocationInvalid", ErrorKind.InvalidArgument, $"'{text}' does not say where a cache is: {problem}.", text);
}
