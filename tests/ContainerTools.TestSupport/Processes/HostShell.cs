using System.Diagnostics;
using System.Text.Json;

namespace ContainerTools.TestSupport;

/// <summary>Runs PowerShell scripts with the module loaded, in processes of their own: the project's host, as a user starts it.</summary>
public static class HostShell
{
    /// <summary>
    /// Functions for scripts. Containers are on no network unless a script names one: only hosts of a test's own may get links and rules. Attempt runs a block and writes "ErrorId|Category|Message" of the error that ended it, or "no error".
    /// </summary>
    private const string Prelude = """
        $ErrorActionPreference = 'Stop'
        $PSDefaultParameterValues = @{ 'New-Container:Network' = 'none'; 'Invoke-Container:Network' = 'none'; 'Build-Image:Network' = 'none' }
        function Attempt([scriptblock] $Block) {
            try { $null = & $Block; 'no error' }
            catch { "$($_.FullyQualifiedErrorId.Split(',')[0])|$($_.CategoryInfo.Category)|$($_.Exception.Message)" }
        }

        """;

    /// <summary>The host, for dotnet to run.</summary>
    public static string Program { get; } = Path.Combine(
        RepositoryPaths.Root, "src/ContainerTools.Host/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0/ctsh.dll");

    /// <summary>Runs a script to its end.</summary>
    public static CommandResult Run(TemporaryStore store, string script, TimeSpan? timeout = null)
    {
        var file = WriteScript(store, script);
        return Command.Run("dotnet", [Program, file], Environment(store), timeout: timeout ?? TimeSpan.FromMinutes(2));
    }

    /// <summary>Runs a script to its end on a host that a network namespace plays.</summary>
    public static CommandResult Run(TemporaryStore store, NetworkNamespace host, string script, TimeSpan? timeout = null)
    {
        var file = WriteScript(store, script);
        return Command.Run("nsenter", ["--net=" + host.Path, "--", "dotnet", Program, file], Environment(store), timeout: timeout ?? TimeSpan.FromMinutes(2));
    }

    /// <summary>The command line that runs a script's file, and its environment, for those who wrap it.</summary>
    public static (IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string?> Environment) CommandLine(TemporaryStore store, string file) =>
        (["dotnet", Program, file], Environment(store));

    /// <summary>Runs a script to its end in a terminal of 30 rows and 100 columns, and works with it as a user does.</summary>
    /// <param name="store">The store.</param>
    /// <param name="script">The script.</param>
    /// <param name="steps">What must be shown, and what is done then: text to type, or an array of rows and columns.</param>
    /// <returns>What was shown; the exit code is 0 if all steps were done and the script has ended.</returns>
    public static CommandResult RunInTerminal(TemporaryStore store, string script, params IEnumerable<(string Shown, object Action)> steps)
    {
        var list = JsonSerializer.Serialize(steps.Select(s => new[] { s.Shown, s.Action }));
        return Command.Run("python3", [Path.Combine(RepositoryPaths.Root, "tests/terminal.py"), list, "dotnet", Program, WriteScript(store, script)], Environment(store), timeout: TimeSpan.FromMinutes(2));
    }

    /// <summary>Starts a script and returns while it runs. Its output is redirected, its input is closed when the caller says so.</summary>
    /// <param name="store">The store.</param>
    /// <param name="script">The script.</param>
    /// <param name="host">A host that a network namespace plays; null for this machine.</param>
    public static Process Start(TemporaryStore store, string script, NetworkNamespace? host = null)
    {
        string[] inside = ["dotnet", Program, WriteScript(store, script)];
        string[] line = host is null ? inside : ["nsenter", "--net=" + host.Path, "--", .. inside];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment(store))
        {
            start.Environment[name] = value;
        }
        return Command.StartOrExplain(start);
    }

    // The host's own cmdlets, whether or not pwsh is installed: the same everywhere.
    private static Dictionary<string, string?> Environment(TemporaryStore store) =>
        new(store.Environment) { ["CONTAINERTOOLS_PWSH"] = "none", ["NO_COLOR"] = "1", ["COLUMNS"] = "140" };

    /// <summary>Writes a script's file.</summary>
    public static string WriteFile(TemporaryStore store, string script) => WriteScript(store, script);

    private static string WriteScript(TemporaryStore store, string script)
    {
        var file = Path.Combine(store.Scratch, $"{Guid.NewGuid():N}.ps1");
        File.WriteAllText(file, Prelude + script);
        return file;
    }
}
