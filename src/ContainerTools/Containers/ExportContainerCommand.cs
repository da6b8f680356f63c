using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;
using ContainerTools.Engine;

namespace ContainerTools;

/// <summary>Writes the root file system of a container, running or not, as a tar archive.</summary>
[Cmdlet(VerbsData.Export, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportContainerCommand : ContainerToolsCmdlet
{
    private readonly List<Container> _containers = [];

    /// <summary>The containers: objects, names with or without wildcards, ids or beginnings of ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <summary>The archive to write; an existing file is replaced once the new one is complete. In a directory that exists, each container gets an archive of its name: NAME.tar.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("FilePath", "OutFile")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Container)
            Attempt(argument.Text, () => _containers.AddRange(Resolve(argument)));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var path = GetUnresolvedProviderPathFromPSPath(Path);
        var isDirectory = Directory.Exists(path);
        Attempt(path, () =>
        {
            if (_containers.Count > 1 && !isDirectory)
            {
                throw new ContainerToolsException("DirectoryNeeded", ErrorKind.InvalidArgument,
                    $"{_containers.Count} containers cannot be written to the one archive '{path}'. Give a directory that exists: each gets an archive of its name there.", path);
            }
        });
        if (_containers.Count > 1 && !isDirectory)
            return;
        foreach (var container in _containers)
            Attempt(container, () => Export(container, isDirectory ? System.IO.Path.Combine(path, container.Name + ".tar") : path));
    }

    private void Export(Container container, string file)
    {
        if (!ShouldProcess(file, $"Export {container.Name} ({container.ShortId})"))
            return;
        Transfer($"Exporting {container.Name} to {System.IO.Path.GetFileName(file)}", async (progress, token) =>
        {
            await Containers.ExportAsync(container, file, bytes => progress.Report(new TransferProgress(container.Name, TransferPhase.Writing, bytes, null)), token);
            return true;
        });
        WriteFile(file);
    }
}
