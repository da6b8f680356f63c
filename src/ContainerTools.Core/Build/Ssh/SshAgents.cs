using System.Diagnostics;
using ContainerTools.Core.Build.Sources;

namespace ContainerTools.Core.Build.Ssh;

/// <summary>The agents of one build: those it was given, and one of its own for each that it was given keys for.</summary>
/// <param name="workspace">Where the own ones have their sockets.</param>
/// <param name="sources">The agents by id.</param>
internal sealed class SshAgents(BuildWorkspace workspace, IReadOnlyDictionary<string, SshAgentSource> sources) : IDisposable
{
    private const int StartPatience = 5000;

    private readonly SemaphoreSlim one = new(1);
    private readonly Dictionary<string, string> sockets = [];
    private readonly List<Process> agents = [];

    /// <summary>Whether there is an agent of this id.</summary>
    internal bool Has(string id) => sources.ContainsKey(id);

    /// <summary>The socket of an agent; null when there is none of this id.</summary>
    /// <exception cref="BuildProblemException">BuildSshAgentFailed: no agent could be started, or it does not take a key.</exception>
    internal async Task<string?> FindAsync(string id, CancellationToken ct)
    {
        if (!sources.TryGetValue(id, out var source) || source.Socket is not null)
        {
            return source?.Socket;
        }

        await one.WaitAsync(ct);
        try
        {
            return sockets.TryGetValue(id, out string? known) ? known : sockets[id] = await StartAsync(source, ct);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose()
    {
        foreach (var agent in agents)
        {
            agent.StandardInput.Close();
            if (!agent.WaitForExit(StartPatience))
            {
                agent.Kill(entireProcessTree: true);
            }

            agent.Dispose();
        }

        one.Dispose();
    }

    private async Task<string> StartAsync(SshAgentSource source, CancellationToken ct)
    {
        string socket = ShortPath.For(workspace, "agent");
        // It ends when its command does, and that when nobody holds its input any more: also when this process is killed.
        var agent = ToolProgram.Start("ssh-agent", ["-a", socket, "cat"], [], keepInput: true);
        agents.Add(agent);
        for (int waited = 0; !File.Exists(socket); waited += 10)
        {
            if (agent.HasExited || waited > StartPatience)
            {
                throw new BuildProblemException("BuildSshAgentFailed", $"ssh-agent does not start: {(agent.HasExited ? (await agent.StandardError.ReadToEndAsync(ct)).Trim() : "it has no socket")}");
            }

            await Task.Delay(10, ct);
        }

        foreach (string key in source.Keys)
        {
            var (exitCode, _, error) = await ToolProgram.RunAsync("ssh-add", ["-q", key],
                [KeyValuePair.Create("SSH_AUTH_SOCK", socket), KeyValuePair.Create("SSH_ASKPASS", "/bin/false"), KeyValuePair.Create("SSH_ASKPASS_REQUIRE", "force")], ct);
            if (exitCode != 0)
            {
                throw new BuildProblemException("BuildSshAgentFailed", $"the key '{key}' for the SSH agent '{source.Id}' cannot be used: {error.Trim().ReplaceLineEndings(" ")} (a key with a passphrase must be in an agent)");
            }
        }

        return socket;
    }
}
