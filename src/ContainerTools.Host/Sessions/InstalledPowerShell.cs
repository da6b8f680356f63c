using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.Loader;

namespace ContainerTools.Host.Sessions;

/// <summary>
/// An installed pwsh whose standard cmdlets this host may use. Its DLLs reach into the engine's internals, so only one of
/// this engine's minor version will do, and not one that is newer than the engine.
/// </summary>
internal static class InstalledPowerShell
{
    private static readonly string[] s_modules =
        ["Microsoft.PowerShell.Commands.Utility.dll", "Microsoft.PowerShell.Commands.Management.dll", "Microsoft.PowerShell.Security.dll"];

    /// <summary>Lets those DLLs have this process's engine, whatever assembly version of it they were compiled against.</summary>
    public static void ShareEngine() => AssemblyLoadContext.Default.Resolving += (_, name) =>
        name.Name == typeof(PSObject).Assembly.GetName().Name ? typeof(PSObject).Assembly : null;

    /// <summary>The DLLs to take cmdlets from; empty when there is no fitting pwsh or CONTAINERTOOLS_PWSH is 'none'.</summary>
    public static IReadOnlyList<string> FindModules()
    {
        var home = FindHome();
        return home is null ? [] : [.. s_modules.Select(m => Path.Combine(home, m)).Where(File.Exists)];
    }

    private static string? FindHome()
    {
        if (Environment.GetEnvironmentVariable("CONTAINERTOOLS_PWSH") is { Length: > 0 } named)
        {
            if (named.Equals("none", StringComparison.OrdinalIgnoreCase))
                return null;
            return Fits(named) ? named
                : throw new SessionException($"CONTAINERTOOLS_PWSH names '{named}', which holds no PowerShell {EngineVersion.Major}.{EngineVersion.Minor}.");
        }
        return Candidates().FirstOrDefault(Fits);
    }

    private static IEnumerable<string> Candidates()
    {
        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var command = new FileInfo(Path.Combine(directory, "pwsh"));
            if (!command.Exists)
                continue;
            var target = command.ResolveLinkTarget(returnFinalTarget: true) ?? command;
            yield return Path.GetDirectoryName(target.FullName)!;
            if (WrappedProgram(target.FullName) is { } wrapped)
                yield return Path.GetDirectoryName(wrapped)!;
        }
        yield return "/opt/microsoft/powershell/7";
        yield return "/usr/lib/powershell";
    }

    /// <summary>The pwsh that a small shell script of that name starts, as some packages install it.</summary>
    private static string? WrappedProgram(string file)
    {
        if (new FileInfo(file).Length > 4096)
            return null;
        var text = File.ReadAllText(file);
        if (!text.StartsWith("#!", StringComparison.Ordinal))
            return null;
        return text.Split([' ', '\t', '\n', '"', '\''], StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(w => w.StartsWith('/') && Path.GetFileNameWithoutExtension(w) == "pwsh" && File.Exists(w));
    }

    private static Version EngineVersion
    {
        get
        {
            var version = FileVersionInfo.GetVersionInfo(typeof(PSObject).Assembly.Location);
            return new Version(version.FileMajorPart, version.FileMinorPart, version.FileBuildPart);
        }
    }

    private static bool Fits(string home)
    {
        var engine = Path.Combine(home, "System.Management.Automation.dll");
        if (!File.Exists(engine) || !File.Exists(Path.Combine(home, s_modules[0])))
            return false;
        var file = FileVersionInfo.GetVersionInfo(engine);
        return file.FileMajorPart == EngineVersion.Major && file.FileMinorPart == EngineVersion.Minor && file.FileBuildPart <= EngineVersion.Build;
    }
}
