using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests;

/// <summary>Runs the host as a shell would.</summary>
internal static class Ctsh
{
    /// <summary>The host's own cmdlets, and those of an installed pwsh where there is one.</summary>
    public static TheoryData<string?> Cmdlets { get; } = ["none", null];

    private static string Program { get; } = Path.Combine(
        RepositoryPaths.Root, "src/ContainerTools.Host", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "ctsh.dll");

    public static CommandResult Run(string? cmdlets, params string[] arguments) => RunWithInput(cmdlets, null, arguments);

    public static CommandResult RunWithInput(string? cmdlets, string? input, params string[] arguments) => Command.Run(
        "dotnet", [Program, .. arguments],
        environment: new Dictionary<string, string?> { ["CONTAINERTOOLS_PWSH"] = cmdlets, ["NO_COLOR"] = "1", ["COLUMNS"] = "120" },
        input: input);

    /// <summary>Runs a script file with arguments.</summary>
    public static CommandResult RunScript(string? cmdlets, string script, params string[] arguments)
    {
        using var directory = new TemporaryDirectory();
        var file = directory["a script.ps1"];
        File.WriteAllText(file, script);
        return Run(cmdlets, [file, .. arguments]);
    }
}
