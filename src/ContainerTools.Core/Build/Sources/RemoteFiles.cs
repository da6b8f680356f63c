using System.Security.Cryptography;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Build.Sources;

/// <summary>
/// What an ADD takes from elsewhere: files by URL, directories of git repositories. Looked up first, for the key in the cache, and fetched when they are needed. Safe for use by several threads.
/// </summary>
/// <param name="session">The build.</param>
/// <param name="add">The instruction; null for COPY, which takes nothing from elsewhere.</param>
internal sealed class RemoteFiles(BuildSession session, AddInstruction? add)
{
    private readonly Dictionary<string, (GitReference Reference, string? Commit)> repositories = [];
    private readonly Lock gate = new();
    private Task? resolving;
    private Task<IReadOnlyDictionary<string, FetchedSource>>? fetching;

    /// <summary>What will come, where that is known without fetching it: when all sources are git repositories.</summary>
    internal string? Identity { get; private set; }

    /// <summary>Finds the commits of git references, once.</summary>
    /// <exception cref="BuildProblemException">A reference means nothing, or is not what the checksum says.</exception>
    internal Task ResolveAsync(CancellationToken ct)
    {
        lock (gate)
        {
            return resolving ??= FindCommitsAsync(ct);
        }
    }

    /// <summary>Fetches everything, once; <see cref="ResolveAsync"/> is done.</summary>
    /// <returns>By the source's text.</returns>
    /// <exception cref="BuildProblemException">One could not be fetched, or is not what the checksum says.</exception>
    internal Task<IReadOnlyDictionary<string, FetchedSource>> FetchAsync(CancellationToken ct)
    {
        lock (gate)
        {
            return fetching ??= FetchAllAsync(ct);
        }
    }

    private async Task FindCommitsAsync(CancellationToken ct)
    {
        foreach (string source in add?.Sources ?? [])
        {
            if (GitReference.TryParse(source) is { } reference)
            {
                string? commit = await session.Git.ResolveAsync(reference, ct);
                CheckCommit(reference, commit);
                repositories[source] = (reference, commit);
            }
        }

        if (add?.Checksum is not null && repositories.Count == 0 && !add.Sources.Any(WebFile.IsUrl))
        {
            throw new BuildProblemException("BuildChecksumWithoutUrl", "--checksum is for what is fetched by URL, and there is none");
        }

        if (repositories.Count > 0 && repositories.Count == add!.Sources.Count && add.Heredocs.Count == 0 && repositories.Values.All(static r => r.Commit is not null))
        {
            Identity = string.Join('\n', add.Sources.Select(s => IdentityOf(repositories[s].Commit!, repositories[s].Reference)));
        }
    }

    private async Task<IReadOnlyDictionary<string, FetchedSource>> FetchAllAsync(CancellationToken ct)
    {
        var fetched = new Dictionary<string, FetchedSource>();
        foreach (string source in add?.Sources ?? [])
        {
            if (repositories.TryGetValue(source, out var repository))
            {
                var (directory, commit) = await session.Git.FetchAsync(repository.Reference, repository.Commit, add!.KeepGitDirectory == true, ct);
                CheckCommit(repository.Reference, commit);
                fetched[source] = new FetchedSource(directory, "", IsTree: true);
            }
            else if (WebFile.IsUrl(source))
            {
                fetched[source] = await DownloadAsync(WebFile.Parse(source), ct);
            }
        }

        return fetched;
    }

    private string IdentityOf(string commit, GitReference reference) =>
        $"git {commit} {reference.Directory} {reference.KeepGitDirectory ?? add!.KeepGitDirectory}{(reference.Submodules ? "" : " alone")}{(reference.HasCheckoutTimes ? " times" : "")}";

    private async Task<FetchedSource> DownloadAsync(Uri url, CancellationToken ct)
    {
        string name = Path.GetFileName(Uri.UnescapeDataString(url.AbsolutePath));
        string path = await WebFile.FetchAsync(url, session.Workspace.MakeDirectory(), session.Secrets, ct);
        if (add!.Checksum is { } checksum)
        {
            using var file = File.OpenRead(path);
            string actual = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
            if (actual != checksum)
            {
                throw new BuildProblemException("BuildChecksumMismatch", $"{WebFile.Show(url)} is {actual}, not {checksum} as --checksum says");
            }
        }

        return new FetchedSource(path, name is "" or "." or ".." ? "download" : name, IsTree: false);
    }

    // A shortened commit is as good as it is long.
    private void CheckCommit(GitReference reference, string? commit)
    {
        if (commit is not null && add!.Checksum is { } checksum && (checksum.Length < 7 || !commit.StartsWith(checksum, StringComparison.Ordinal)))
        {
            throw new BuildProblemException("BuildChecksumMismatch", $"{reference} is at {commit}, not {checksum} as --checksum says");
        }
    }
}
