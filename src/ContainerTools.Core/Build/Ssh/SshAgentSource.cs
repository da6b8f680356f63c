using ContainerTools.Engine;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Ssh;

/// <summary>An agent that <c>RUN --mount=type=ssh</c> and git may ask, in the words of docker's <c>--ssh</c>.</summary>
/// <param name="Id">What a mount calls it.</param>
/// <param name="Socket">The agent's socket; null when there are keys.</param>
/// <param name="Keys">Files with private keys, for an agent of the build's own.</param>
public sealed record SshAgentSource(string Id, string? Socket, IReadOnlyList<string> Keys)
{
    /// <summary>The id of the agent that a mount without one means.</summary>
    public const string DefaultId = "default";

    /// <summary>Makes a source.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="paths">The agent's socket, or files with private keys; empty for the agent that <c>SSH_AUTH_SOCK</c> names.</param>
    /// <exception cref="ContainerToolsException">SshAgentMissing, SshKeyNotFound.</exception>
    public static SshAgentSource Create(string id, IReadOnlyList<string> paths)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0)
        {
            return Environment.GetEnvironmentVariable("SSH_AUTH_SOCK") is { Length: > 0 } socket && IsSocket(socket) ? new SshAgentSource(id, socket, [])
                : throw new ContainerToolsException("SshAgentMissing", ErrorKind.NotFound,
                    $"There is no SSH agent for '{id}': $env:SSH_AUTH_SOCK does not name one's socket. Start ssh-agent, or give a socket or a key's file: -Ssh {id}=PATH.", id);
        }

        foreach (string path in paths)
        {
            if (!File.Exists(path))
            {
                throw new ContainerToolsException("SshKeyNotFound", ErrorKind.NotFound, $"There is no socket or key '{path}' for the SSH agent '{id}'.", path);
            }
        }

        return paths is [var only] && IsSocket(only) ? new SshAgentSource(id, only, []) : new SshAgentSource(id, null, paths);
    }

    private static bool IsSocket(string path) => FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), out var status) >= 0
        && (status.Type == FileType.Socket || (status.Type == FileType.SymbolicLink && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target && IsSocket(target.FullName)));
}
