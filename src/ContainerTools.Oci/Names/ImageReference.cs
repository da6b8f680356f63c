using System.Diagnostics.CodeAnalysis;

namespace ContainerTools.Oci;

/// <summary>
/// The name of an image: <c>registry/repository[:tag][@digest]</c>, read by Docker's rules: <c>debian</c> is
/// <c>docker.io/library/debian:latest</c>, and the first component is a registry only when it has a dot, a colon or an
/// upper-case letter, or is <c>localhost</c>.
/// </summary>
public sealed record ImageReference
{
    /// <summary>The registry that a name without one means.</summary>
    public const string DefaultRegistry = "docker.io";

    /// <summary>The tag that a name without tag and digest means.</summary>
    public const string DefaultTag = "latest";

    private const string OfficialPrefix = "library/";

    private ImageReference(string registry, string repository, string? tag, Digest? digest)
    {
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>The registry's host, with its port when one was given: <c>docker.io</c>, <c>localhost:5000</c>.</summary>
    public string Registry { get; }

    /// <summary>The repository's whole path in the registry: <c>library/debian</c>.</summary>
    public string Repository { get; }

    /// <summary>The tag; null only when the reference is by digest alone.</summary>
    public string? Tag { get; }

    /// <summary>The digest of the manifest or index, when the reference pins one.</summary>
    public Digest? Digest { get; }

    /// <summary>The registry and the repository: <c>docker.io/library/debian</c>.</summary>
    public string Name => $"{Registry}/{Repository}";

    /// <summary>The shortest name that means the same repository: <c>debian</c>, <c>user/tool</c>, <c>localhost:5000/debian</c>.</summary>
    public string FamiliarName
    {
        get
        {
            if (Registry != DefaultRegistry)
            {
                return Name;
            }

            // "library/a/b" must keep its prefix: "a/b" would be another repository.
            return Repository.StartsWith(OfficialPrefix, StringComparison.Ordinal) && !Repository.AsSpan(OfficialPrefix.Length).Contains('/')
                ? Repository[OfficialPrefix.Length..]
                : Repository;
        }
    }

    /// <summary>The shortest text that parses to this reference with its tag or digest written out: <c>debian:12</c>.</summary>
    public string Familiar => FamiliarName + Suffix;

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is { } digest ? "@" + digest : "");

    /// <summary>Parses a name by Docker's rules.</summary>
    /// <exception cref="FormatException">The text is not an image name; the message says which part is wrong.</exception>
    public static ImageReference Parse(string text) => TryParse(text, out var reference, out string? problem)
        ? reference
        : throw new FormatException($"'{text}' is not an image name: {problem}.");

    /// <summary>Parses a name by Docker's rules, without an exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference) =>
        TryParse(text, out reference, out _);

    /// <summary>Parses a name by Docker's rules; says what is wrong with one that is not.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = null;
        if (string.IsNullOrEmpty(text))
        {
            problem = "it is empty";
            return false;
        }

        if (ImageReferenceGrammar.IsImageId(text))
        {
            problem = "64 hexadecimal digits are an image id";
            return false;
        }

        string rest = text;
        Digest? digest = null;
        int at = rest.IndexOf('@');
        if (at >= 0)
        {
            if (!Oci.Digest.TryParse(rest[(at + 1)..], out var parsed))
            {
                problem = "what follows '@' must be 'sha256:' and 64 lower-case hexadecimal digits";
                return false;
            }

            digest = parsed;
            rest = rest[..at];
        }

        string? tag = null;
        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!ImageReferenceGrammar.IsTag(tag))
            {
                problem = $"the tag '{tag}' must be 1 to 128 letters, digits, '_', '.' and '-', not starting with '.' or '-'";
                return false;
            }
        }

        var (registry, repository) = SplitRegistry(rest);
        problem = ImageReferenceGrammar.CheckRegistry(registry) ?? ImageReferenceGrammar.CheckRepository(repository);
        if (problem is not null)
        {
            return false;
        }

        reference = new ImageReference(registry, repository, tag ?? (digest is null ? DefaultTag : null), digest);
        return true;
    }

    /// <summary>The same repository under another tag, without a digest.</summary>
    /// <exception cref="FormatException">The tag is not well formed.</exception>
    public ImageReference WithTag(string tag) => ImageReferenceGrammar.IsTag(tag)
        ? new ImageReference(Registry, Repository, tag, null)
        : throw new FormatException($"'{tag}' is not a tag: 1 to 128 letters, digits, '_', '.' and '-', not starting with '.' or '-'.");

    /// <summary>The same repository, by digest alone.</summary>
    public ImageReference WithDigest(Digest digest) => new(Registry, Repository, null, digest);

    /// <summary>The canonical text, everything written out: <c>docker.io/library/debian:12</c>.</summary>
    public override string ToString() => Name + Suffix;

    private static (string Registry, string Repository) SplitRegistry(string name)
    {
        int slash = name.IndexOf('/');
        string first = slash < 0 ? "" : name[..slash];
        bool isRegistry = slash >= 0
            && (first.AsSpan().ContainsAny('.', ':') || first == "localhost" || first.AsSpan().ContainsAnyInRange('A', 'Z'));
        string registry = isRegistry ? first : DefaultRegistry;
        string repository = isRegistry ? name[(slash + 1)..] : name;
        if (registry == "index.docker.io")
        {
            registry = DefaultRegistry;
        }

        if (registry == DefaultRegistry && !repository.Contains('/'))
        {
            repository = OfficialPrefix + repository;
        }

        return (registry, repository);
    }
}
