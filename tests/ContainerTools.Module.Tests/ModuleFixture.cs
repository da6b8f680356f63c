using System.Management.Automation;
using System.Management.Automation.Runspaces;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>A runspace with the module imported from the clone, a store of its own, and busybox imported into it.</summary>
public sealed class ModuleFixture : IDisposable
{
    public const string Image = "test/busybox:1";

    private readonly Runspace _runspace;
    private readonly Dictionary<string, string?> _before = [];

    public ModuleFixture()
    {
        // The module reads the process's environment; the tests of this assembly take turns.
        foreach (var (name, value) in Store.Environment)
        {
            _before[name] = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, value);
        }
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        Run("Import-Module $args[0] -ErrorAction Stop", RepositoryPaths.ModuleManifest).Succeeded();
        // This machine gets no links and rules; networks have tests on hosts of their own.
        Run("$global:PSDefaultParameterValues = @{ 'New-Container:Network' = 'none'; 'Invoke-Container:Network' = 'none'; 'Build-Image:Network' = 'none' }").Succeeded();
        var archive = Path.Combine(Store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive, "busybox:latest");
        Run("Import-Image $args[0] -Name $args[1]", archive, Image).Succeeded();
    }

    public TemporaryStore Store { get; } = new();

    public ScriptResult Run(string script, params object?[] arguments)
    {
        using var shell = Create(script, arguments);
        ErrorRecord? terminating = null;
        IReadOnlyList<PSObject> output = [];
        try
        {
            output = [.. shell.Invoke()];
        }
        catch (RuntimeException e)
        {
            terminating = e.ErrorRecord;
        }
        return new ScriptResult(output, terminating is null ? [.. shell.Streams.Error] : [.. shell.Streams.Error, terminating], [.. shell.Streams.Progress], [.. shell.Streams.Warning]);
    }

    /// <summary>A pipeline that is not yet started, to be stopped half-way.</summary>
    public PowerShell Create(string script, params object?[] arguments)
    {
        var shell = PowerShell.Create();
        shell.Runspace = _runspace;
        shell.AddScript(script, useLocalScope: true);
        foreach (var argument in arguments)
            shell.AddArgument(argument);
        return shell;
    }

    /// <summary>Removes all containers and volumes.</summary>
    public void Clean() => Run("Get-Container | Remove-Container -Force; Get-Volume | Remove-Volume").Succeeded();

    public void Dispose()
    {
        Run("Get-Container | Remove-Container -Force");
        _runspace.Dispose();
        Store.Dispose();
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
    }
}
