namespace ContainerTools.TestSupport;

/// <summary>
/// An ordinary user of this machine with a store, made for a test: with ranges of ids or without. At the end his processes, his files and he himself are gone.
/// </summary>
public sealed class OrdinaryUser : IDisposable
{
    private const string Tun = "/dev/net/tun";

    private readonly TemporaryDirectory _place = new("ctuser");
    private readonly string? _tunMode;

    /// <param name="ranges">Whether he gets ranges in /etc/subuid and /etc/subgid.</param>
    /// <param name="host">The network namespace that plays his host; this machine's without it.</param>
    public OrdinaryUser(bool ranges = true, NetworkNamespace? host = null)
    {
        Host = host;
        Name = $"ct{Guid.NewGuid():N}"[..12];
        Command.Run("useradd", "--no-create-home", "--home-dir", Home, "--shell", "/bin/sh", Name).Succeeded();
        // What useradd gives by itself depends on the machine.
        foreach (var file in new[] { "/etc/subuid", "/etc/subgid" })
        {
            Command.Run("sed", "-i", $"/^{Name}:/d", file).Succeeded();
            if (ranges)
            {
                File.AppendAllText(file, $"{Name}:{FirstRangeId}:{RangeSize}\n");
            }
        }
        Id = int.Parse(Command.Run("id", "-u", Name).Succeeded().Output, System.Globalization.CultureInfo.InvariantCulture);
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(_place["repository"]);
        // Not executable.
        File.WriteAllText(_place["nothing"], "");
        File.SetUnixFileMode(_place["nothing"], UnixFileMode.UserRead);
        Command.Run("chmod", "755", _place).Succeeded();
        Directory.CreateDirectory(Path.GetDirectoryName(Store.Root)!);
        Command.Run("chown", "-R", $"{Name}:", Home, Path.GetDirectoryName(Store.Root)!, Store.Scratch).Succeeded();
        // As udev has it on any machine with a user.
        _tunMode = Command.Run("stat", "-c", "%a", Tun).Succeeded().Output.Trim();
        Command.Run("chmod", "666", Tun).Succeeded();
    }

    public const int FirstRangeId = 700_000_000, RangeSize = 65536;

    public string Name { get; }

    public int Id { get; }

    public string Home => _place["home"];

    public TemporaryStore Store { get; } = new();

    public NetworkNamespace? Host { get; }

    /// <summary>Programs that he does not find, by path.</summary>
    public IList<string> Hidden { get; } = [];

    /// <summary>Runs a PowerShell script as this user.</summary>
    /// <param name="script">The script.</param>
    /// <param name="group">A version 2 control group that the shell is put into.</param>
    public CommandResult Script(string script, string? group = null)
    {
        var file = HostShell.WriteFile(Store, script);
        var (arguments, environment) = HostShell.CommandLine(Store, file);
        // He may not be able to reach the repository, as when that is root's. Nobody else sees what is mounted here.
        var inRepository = arguments.Select(a => a.Replace(RepositoryPaths.Root, _place["repository"], StringComparison.Ordinal));
        var preparation = string.Join("; ",
        [
            $"mount --bind '{RepositoryPaths.Root}' '{_place["repository"]}'",
            .. Hidden.Where(File.Exists).Select(program => $"mount --bind '{_place["nothing"]}' '{program}'"),
            .. group is null ? Array.Empty<string>() : [$"echo $$ > '{group}/cgroup.procs'"],
            "exec \"$@\"",
        ]);
        string[] inside = Host is null ? [] : ["nsenter", "--net=" + Host.Path, "--"];
        string[] all =
        [
            .. inside, "unshare", "--mount", "--", "sh", "-ec", preparation, "sh",
            "setpriv", "--reuid", Name, "--regid", Name, "--clear-groups", "--",
            .. inRepository,
        ];
        return Command.Run(all[0], all[1..], new Dictionary<string, string?>(environment) { ["HOME"] = Home, ["USER"] = Name, ["XDG_RUNTIME_DIR"] = null, ["DOTNET_CLI_HOME"] = Home }, workingDirectory: "/", timeout: TimeSpan.FromMinutes(2));
    }

    /// <summary>His processes: ids and command lines.</summary>
    public IReadOnlyList<string> Processes() => Command.Run("ps", "-o", "pid=,args=", "-u", Name).Lines;

    public void Dispose()
    {
        for (var round = 0; round < 50 && Processes().Any(line => !line.Contains("<defunct>", StringComparison.Ordinal)); round++)
        {
            Command.Run("pkill", "-KILL", "-u", Name);
            Thread.Sleep(20);
        }
        // Those of his containers have ids of his ranges; where the monitor was killed, nobody is left who would look for them.
        ProcessTable.Kill(ProcessTable.All().Where(pid => ProcessTable.UserOf(pid) is >= FirstRangeId and < FirstRangeId + RangeSize));
        Store.Dispose();
        Command.Run("userdel", "--force", Name);
        foreach (var file in new[] { "/etc/subuid", "/etc/subgid" })
        {
            Command.Run("sed", "-i", $"/^{Name}:/d", file);
        }
        Command.Run("chmod", _tunMode ?? "666", Tun);
        _place.Dispose();
    }
}
