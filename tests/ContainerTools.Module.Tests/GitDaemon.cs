using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>Git's own server on a loopback port, and a repository behind it.</summary>
public sealed class GitDaemon : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctgit");
    private readonly Process _process;

    public GitDaemon()
    {
        Directory.CreateDirectory(_directory["app"]);
        Git("init -q -b main; git config user.name t; git config user.email t@t");
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        _process = Process.Start(new ProcessStartInfo("git", ["daemon", $"--base-path={_directory.Path}", "--export-all", "--reuseaddr", "--listen=127.0.0.1", $"--port={Port}"]) { RedirectStandardError = true })!;
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (Command.Run("git", "ls-remote", Url).ExitCode != 0)
        {
            Assert.True(DateTime.UtcNow < deadline, "git daemon does not answer.");
            Thread.Sleep(50);
        }
    }

    public int Port { get; }

    /// <summary>The repository's URL.</summary>
    public string Url => $"git://127.0.0.1:{Port}/app/.git";

    /// <summary>The URL of a repository below the directory.</summary>
    public string UrlOf(string name) => $"git://127.0.0.1:{Port}/{name}/.git";

    /// <summary>Runs a shell script in the repository, which begins behind "git ".</summary>
    public string Git(string script, string repository = "app") => Command.Run("bash", ["-ec", "git " + script], workingDirectory: _directory[repository]).Succeeded().Output.Trim();

    public string Path(string name) => _directory[name];

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _directory.Dispose();
    }
}
