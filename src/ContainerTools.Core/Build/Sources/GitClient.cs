using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ContainerTools.Core.Build.Files;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Core.Build.Sources;

/// <summary>
/// Fetches from git repositories with the program <c>git</c>: without asking for passwords, without hooks and file monitors, and over http, https, git and
/// ssh only. Of the user's and the machine's configuration only what is about servers counts.
/// </summary>
/// <param name="workspace">Where the files go.</param>
/// <param name="settings">How servers are reached.</param>
internal sealed partial class GitClient(BuildWorkspace workspace, GitSettings settings)
{
    private static readonly string[] Settings =
    [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.autocrlf=false", "core.symlinks=true", "init.defaultBranch=main", "advice.detachedHead=false",
        "fetch.recurseSubmodules=false", "submodule.recurse=false", "safe.directory=*", "protocol.version=2", "http.followRedirects=initial", "gc.auto=0",
    ];

    /// <summary>Finds the commit that a reference means.</summary>
    /// <returns>Its full name; null when the repository does not tell without sending all there is.</returns>
    internal async Task<string?> ResolveAsync(GitReference reference, CancellationToken ct)
    {
        if (reference.IsCommit)
        {
            return reference.Revision;
        }

        string wanted = reference.Revision ?? "HEAD";
        string output = await RunAsync(reference, null, ["ls-remote", reference.Repository, wanted, wanted + "^{}"], ct);
        var names = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l.Split('\t', 2)).Where(static f => f.Length == 2).ToLookup(static f => f[1], static f => f[0]);
        foreach (string name in (string[])[$"{wanted}^{{}}", wanted, $"refs/tags/{wanted}^{{}}", $"refs/tags/{wanted}", $"refs/heads/{wanted}"])
        {
            if (names[name].FirstOrDefault() is { } commit)
            {
                return commit;
            }
        }

        return ShortCommit().IsMatch(wanted) ? null : throw new BuildProblemException("BuildGitRevisionNotFound", $"the repository {reference} has no branch or tag '{wanted}'");
    }

    /// <summary>Fetches a commit with its submodules.</summary>
    /// <param name="reference">The repository.</param>
    /// <param name="commit">The commit, if it is known.</param>
    /// <param name="keepGit">Whether the directory <c>.git</c> stays.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The directory that the reference means, and the commit.</returns>
    internal async Task<(string Directory, string Commit)> FetchAsync(GitReference reference, string? commit, bool keepGit, CancellationToken ct)
    {
        keepGit = reference.KeepGitDirectory ?? keepGit;
        string directory = workspace.MakeDirectory();
        File.SetUnixFileMode(directory, (UnixFileMode)0x1ED /* 0755 */);
        await RunAsync(reference, directory, ["init", "-q"], ct);
        await RunAsync(reference, directory, ["remote", "add", "origin", reference.Repository], ct);
        if (commit is null || !await TryFetchAsync(reference, directory, commit, ct))
        {
            // Some servers send what has a name only.
            await RunAsync(reference, directory, ["fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"], ct);
        }

        await RunAsync(reference, directory, ["checkout", "-q", "--detach", commit ?? reference.Revision!], ct);
        commit = (await RunAsync(reference, directory, ["rev-parse", "HEAD"], ct)).Trim();
        if (reference.Checksum is { } checksum && !commit.StartsWith(checksum, StringComparison.OrdinalIgnoreCase))
        {
            throw new BuildProblemException("BuildChecksumMismatch", $"{reference} is at {commit}, not {checksum} as its URL says");
        }

        if (reference.Submodules && File.Exists(Path.Combine(directory, ".gitmodules")))
        {
            await RunAsync(reference, directory, ["submodule", "update", "-q", "--init", "--recursive", "--depth=1"], ct);
        }

        if (keepGit)
        {
            // What is in the image, everybody reads who has it.
            await RunAsync(reference, directory, ["remote", "set-url", "origin", reference.PublicRepository], ct);
        }

        long time = long.Parse(await RunAsync(reference, directory, ["show", "-s", "--format=%ct", "HEAD"], ct), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        Finish(directory, keepGit, reference.HasCheckoutTimes ? null : new FileTime(time, 0));
        return (Enter(reference, directory), commit);
    }

    private async Task<bool> TryFetchAsync(GitReference reference, string directory, string commit, CancellationToken ct)
    {
        var (exitCode, _, _) = await ToolProgram.RunAsync("git", Arguments(directory, ["fetch", "-q", "--depth=1", "--no-tags", "origin", commit]), await settings.EnvironmentAsync(reference, ct), ct);
        return exitCode == 0;
    }

    private async Task<string> RunAsync(GitReference reference, string? directory, string[] arguments, CancellationToken ct)
    {
        var (exitCode, output, error) = await ToolProgram.RunAsync("git", Arguments(directory, arguments), await settings.EnvironmentAsync(reference, ct), ct);
        return exitCode == 0 ? output : throw GitFailure.From(reference, arguments[0], error);
    }

    private static IEnumerable<string> Arguments(string? directory, string[] arguments) =>
        [.. directory is null ? [] : (string[])["-C", directory], .. Settings.SelectMany(static s => (string[])["-c", s]), .. arguments];

    // The same commit always gives the same files: modes do not depend on the caller's umask, and times are the commit's.
    private static void Finish(string directory, bool keepGit, FileTime? time)
    {
        using var root = FileSource.OfDirectory(directory);
        if (!keepGit)
        {
            TreeRemoval.Remove(Path.Combine(directory, ".git"));
        }

        TreeVisitor.Visit(root.Descriptor, (parent, name, status) =>
        {
            if (!keepGit && !status.IsDirectory && name.AsSpan().SequenceEqual(".git\0"u8))
            {
                _ = FileCalls.UnlinkAt(parent, name); // A submodule's.
                return;
            }

            if (status.Type != FileType.SymbolicLink)
            {
                _ = FileCalls.ChangeModeAt(parent, name, status.IsDirectory || (status.Mode & 0x40) != 0 ? 0x1EDu /* 0755 */ : 0x1A4u /* 0644 */);
            }

            if (time is { } commit)
            {
                _ = FileCalls.SetTimesAt(parent, name, commit, commit);
            }
        });
    }

    private static string Enter(GitReference reference, string directory)
    {
        if (reference.Directory is null)
        {
            return directory;
        }

        using var root = FileSource.OfDirectory(directory);
        byte[] inside = RootedPath.Resolve(root.Root, Encoding.UTF8.GetBytes(reference.Directory));
        return root.TryFind(inside, out var status) && status.IsDirectory ? Path.Combine(directory, Encoding.UTF8.GetString(inside))
            : throw new BuildProblemException("BuildGitDirectoryNotFound", $"the repository {reference} has no directory '{reference.Directory}'");
    }

    [GeneratedRegex("^[0-9a-f]{7,63}$")]
    private static partial Regex ShortCommit();
}
