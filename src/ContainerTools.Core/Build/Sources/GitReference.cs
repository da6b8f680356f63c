using System.Text.RegularExpressions;

namespace ContainerTools.Core.Build.Sources;

/// <summary>A directory of a git repository: <c>URL.git#ref:directory</c>, as docker has it.</summary>
/// <param name="Repository">What git fetches from.</param>
/// <param name="Revision">The branch, tag or commit; null for the repository's own choice.</param>
/// <param name="Directory">The directory in it; null for all.</param>
internal sealed partial record GitReference(string Repository, string? Revision, string? Directory)
{
    private const string GitHub = "github.com/";

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
        int query = repository.Contains("://", StringComparison.Ordinal) ? repository.IndexOf('?', StringComparison.Ordinal) : -1;
        foreach (string field in query < 0 ? [] : repository[(query + 1)..].Split('&'))
        {
            string value = Uri.UnescapeDataString(field[(field.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            (revision, directory) = field.Split('=')[0] switch
            {
                "ref" or "commit" => (value, directory),
                "branch" => ("refs/heads/" + value, directory),
                "tag" => ("refs/tags/" + value, directory),
                "subdir" => (revision, value),
                var name => throw new BuildProblemException("BuildGitReferenceInvalid", $"a git repository's URL has no '{name}'; ref, branch, tag, commit and subdir are known"),
            };
        }

        // What begins with a dash would be an option, and git has forms of a revision that name none.
        return revision is null || Revisions().IsMatch(revision) ? new GitReference(query < 0 ? repository : repository[..query], revision, directory)
            : throw new BuildProblemException("BuildGitReferenceInvalid", $"'{revision}' is no branch, tag or commit");
    }

    [GeneratedRegex("^[A-Za-z0-9_.][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-]")]
    private static partial Regex ShortForm();

    [GeneratedRegex("^([0-9a-f]{40}|[0-9a-f]{64})$")]
    private static partial Regex FullCommit();

    [GeneratedRegex("^[A-Za-z0-9_./+@][A-Za-z0-9_./+@-]*$")]
    private static partial Regex Revisions();

    [GeneratedRegex("^([A-Za-z]+://)[^/@]*@")]
    private static partial Regex Credentials();
}
