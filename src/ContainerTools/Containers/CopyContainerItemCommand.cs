using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Contents;

namespace ContainerTools;

/// <summary>Copies files and directories into containers, out of them, and between them, running or not.</summary>
[Cmdlet(VerbsCommon.Copy, "ContainerItem", SupportsShouldProcess = true)]
public sealed class CopyContainerItemCommand : ContainerToolsCmdlet
{
    /// <summary>What to copy: paths here, with or without wildcards, or in a container, written NAME:/path. A directory goes with all that is in it; what ends in /. is only what is in it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [Alias("FullName", "Source")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerPathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>Where to: a path here, or in a container, written NAME:/path. What is a directory already takes the copy in it; otherwise the copy gets this name.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerPathCompleter))]
    public string Destination { get; set; } = "";

    /// <summary>The container that -Path is in; the path is then written without a name.</summary>
    [Parameter]
    [SupportsWildcards]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument? FromContainer { get; set; }

    /// <summary>The containers that -Destination is in, each of which gets a copy; the destination is then written without a name.</summary>
    [Parameter]
    [SupportsWildcards]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] ToContainer { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            Attempt(path, () =>
            {
                var destinations = Destinations();
                foreach (var source in Sources(path))
                {
                    foreach (var destination in destinations)
                        Attempt(destination.ToString(), () => Copy(source, destination));
                }
            });
        }
    }

    private void Copy(ContainerPath source, ContainerPath destination)
    {
        if (source.Container is null && destination.Container is null)
        {
            throw new ContainerToolsException("ContainerMissing", ErrorKind.InvalidArgument,
                $"Neither '{source}' nor '{destination}' is in a container: write one as NAME:/path, or give -FromContainer or -ToContainer.", destination.ToString());
        }
        if (ShouldProcess(destination.ToString(), $"Copy {source}"))
        {
            Await(async (queue, token) =>
            {
                await Containers.CopyAsync(source, destination, warning => queue.Post(() => WriteWarning(warning), token), token);
                return true;
            });
        }
    }

    private IEnumerable<ContainerPath> Sources(string path)
    {
        if (FromContainer is not null)
            return [new(Single(FromContainer), Rooted(path))];
        if (Named(path) is var (name, inside))
            return [new(Containers.Get(name), Rooted(inside))];
        var literal = HostPath(path);
        if (!WildcardPattern.ContainsWildcardCharacters(path) || System.IO.Path.Exists(literal))
            return [new(null, literal)];
        try
        {
            return GetResolvedProviderPathFromPSPath(path, out _).Select(found => new ContainerPath(null, found));
        }
        catch (ItemNotFoundException e)
        {
            throw new ContainerToolsException("ItemNotFound", ErrorKind.NotFound, $"There is nothing at '{path}' to copy.", path, e);
        }
    }

    private IReadOnlyList<ContainerPath> Destinations()
    {
        if (ToContainer.Length > 0)
            return [.. ToContainer.SelectMany(Resolve).Select(c => new ContainerPath(c, Rooted(Destination)))];
        if (Named(Destination) is var (name, inside))
            return [.. Resolve(new ContainerArgument(null, name)).Select(c => new ContainerPath(c, Rooted(inside)))];
        return [new(null, HostPath(Destination))];
    }

    private Container Single(ContainerArgument argument) => Resolve(argument) is [var only] ? only
        : throw new ContainerToolsException("ContainerAmbiguous", ErrorKind.InvalidArgument, $"'{argument}' does not name one container. A copy is made from one at a time.", argument.Text);

    /// <summary>Takes NAME:/path apart; null for a path of this machine: with a slash before the colon, of a drive of PowerShell's, or that exists.</summary>
    private (string Name, string Path)? Named(string path)
    {
        var colon = path.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || path.AsSpan(0, colon).ContainsAny('/', '\\') || path.AsSpan(colon).StartsWith("::"))
            return null;
        var name = path[..colon];
        if (Containers.Find(name).Count == 0 && (SessionState.Drive.GetAll().Any(d => d.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) || System.IO.Path.Exists(HostPath("./" + path))))
            return null;
        return (name, path[(colon + 1)..]);
    }

    private static string Rooted(string path) => path.StartsWith('/') ? path : "/" + path;

    // PowerShell takes the end off that says what is meant.
    private string HostPath(string path)
    {
        var full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        if (provider.Name != "FileSystem")
            throw new ContainerToolsException("NotAFilePath", ErrorKind.InvalidArgument, $"'{path}' is a path of the provider {provider.Name}, where there are no files to copy.", path);
        return path.EndsWith("/.", StringComparison.Ordinal) ? full.TrimEnd('/') + "/." : path.EndsWith('/') ? full.TrimEnd('/') + "/" : full;
    }
}
