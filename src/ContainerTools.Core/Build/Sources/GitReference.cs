using System.Text.RegularExpressions;

namespace ContainerTools.Core.Build.Sources;

/// <summary>A directory of a git repository: <c>URL.git#ref:directory</c>, as docker has it.</summary>
/// <param name="Repository">What git fetches from.</param>
/// <param name="Revision">The branch, tag or commit; null for the repository's own choice.</param>
/// <param name="Directory">The directory in it; null for all.</param>
internal sealed partial record GitReference(string Repository, string? Revision, string? Directory)
{
    private const string GitHub = "github.com/";

    /// <summary>What the commit's name must begin with; null for anything.</summary>
    internal string? Checksum { get; private init; }

    /// <summary>Whether submodules come with it.</summary>
    internal bool Submodules { get; private init; } = true;

    /// <summary>Whether .git stays; null where the URL does not say.</summary>
    internal bool? KeepGitDirectory { get; private init; }

    /// <summary>Whether files have the time of their checkout, instead of their commit's.</summary>
    internal bool HasCheckoutTimes { get; private init; }

    /// <summary>Whether the revision is a commit's full name.</summary>
    internal bool IsCommit => Revision is { } revision && FullCommit().IsMatch(revision);

    /// <summary>Reads a text: <c>git@host:path</c>, <c>ssh://</c>, <c>git://</c>, and <c>http(s)://</c> that ends with <c>.git</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isContext">Whether <c>github.com/owner/name</c> is one too, as it is for a build context.</param>
    /// <returns>Null when it is something else.</returns>
    /// <exception cref="BuildProblemException">It is one, but makes no sense.</exception>
    internal static GitReference? TryParse(string text, bool isContext = false)
    {
        return !IsReference(text, isContext) ? null : Parse(text.StartsWith(GitHub, StringComparison.Ordinal) ? "https://" + text : text);
    }

    /// <summary>Whether a text is in one of the forms of a git reference.</summary>
    internal static bool IsReference(string text, bool isContext)
    {
        string place = text.Split('#', 2)[0];
        return (isContext && place.StartsWith(GitHub, StringComparison.Ordinal)) || place.StartsWith("git://", StringComparison.OrdinalIgnoreCase)
            || place.StartsWith("ssh://", StringComparison.OrdinalIgnoreCase) || ShortForm().IsMatch(place) || (WebFile.IsUrl(place) && place.Split('?')[0].EndsWith(".git", StringComparison.Ordinal));
    }

    /// <summary>What git fetches from, without a name and password for an HTTP server.</summary>
    internal string PublicRepository => WebFile.IsUrl(Repository) ? Credentials().Replace(Repository, "$1") : Repository;

    /// <summary>The repository without what may be secret in its name.</summary>
    public override string ToString() => Credentials().Replace(Repository, "$1***@");

    private static GitReference Parse(string text)
    {
        string[] parts = text.Split('#', 2);
        string[] fragment = parts.Length > 1 ? parts[1].Split(':', 2) : [];
        string? revision = fragment is [{ Length: > 0 } r, ..] ? r : null;
        string? directory = fragment is [_, { Length: > 0 } d] ? d : null;
        string repository = parts[0];
        string? checksum = null;
        bool submodules = true, checkoutTimes = false;
        bool? keep = null;
        int query = repository.Contains("://", StringComparison.Ordinal) ? repository.IndexOf('?', StringComparison.Ordinal) : -1;
        foreach (string field in query < 0 ? [] : repository[(query + 1)..].Split('&'))
        {
            string[] pair = field.Split('=', 2);
            string value = pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "";
            switch (pair[0])
            {
                case "ref":
                    revision = value;
                    break;
                case "branch":
                    revision = value.StartsWith("refs/", StringComparison.Ordinal) ? value : "refs/heads/" + value;
                    break;
                case "tag":
                    revision = value.StartsWith("refs/", StringComparison.Ordinal) ? value : "refs/tags/" + value;
                    break;
                case "commit" or "checksum":
                    checksum = value;
                    break;
                case "subdir":
                    directory = value;
                    break;
                case "submodules":
                    submodules = IsTrue(pair);
                    break;
                case "keep-git-dir":
                    keep = IsTrue(pair);
                    break;
                case "mtime" when value is "commit" or "checkout":
                    checkoutTimes = value == "checkout";
                    break;
                case "fetch-by-commit":
                    // That is tried first in any case.
                    _ = IsTrue(pair);
                    break;
                default:
                    throw new BuildProblemException("BuildGitReferenceInvalid",
                        $"a git repository's URL has no '{field}'; ref, branch, tag, commit or checksum, subdir, submodules, keep-git-dir, fetch-by-commit (true or false) and mtime (commit or checkout) are known");
            }
        }

        revision ??= checksum;

        // What begins with a dash would be an option, and git has forms of a revision that name none.
        return revision is null || Revisions().IsMatch(revision) ? new GitReference(query < 0 ? repository : repository[..query], revision, directory)
        {
            Checksum = checksum,
            Submodules = submodules,
            KeepGitDirectory = keep,
            HasCheckoutTimes = checkoutTimes,
        }
            : throw new BuildProblemException("BuildGitReferenceInvalid", $"'{revision}' is no branch, tag or commit");
    }

    private static bool IsTrue(string[] pair) => pair is [_] or [_, "1" or "true"] || (pair is [_, "0" or "false"] ? false
        : throw new BuildProblemException("BuildGitReferenceInvalid", $"{pair[0]} is true or false, not '{pair[1]}'"));

    [GeneratedRegex("^[A-Za-z0-9_.][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-]")]
    private static partial Regex ShortForm();

    [GeneratedRegex("^([0-9a-f]{40}|[0-9a-f]{64})$")]
    private static partial Regex FullCommit();

    [GeneratedRegex("^[A-Za-z0-9_./+@][A-Za-z0-9_./+@-]*$")]
    private static partial Regex Revisions();

    [GeneratedRegex("^([A-Za-z]+://)[^/@]*@")]
    private static partial Regex Credentials();
}
