using System.Collections;
using System.Management.Automation;
using System.Text;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Build;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Engine;

namespace ContainerTools;

/// <summary>Builds an image from a Containerfile or Dockerfile.</summary>
[Cmdlet("Build", "Image", SupportsShouldProcess = true)]
[OutputType(typeof(Image))]
public sealed class BuildImageCommand : RegistryTrustCommand
{
    /// <summary>The directory whose files COPY and ADD can take: the build context. By default the current one.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("Context")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>The Containerfile; by default Containerfile or Dockerfile in the build context.</summary>
    [Parameter]
    [Alias("Containerfile", "Dockerfile")]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>Names for the image, as team/app:2.1. Without one it can be found by its id.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = [];

    /// <summary>Values for the file's ARG instructions, as a hashtable or NAME=VALUE.</summary>
    [Parameter]
    [NameValueTransformation]
    public Hashtable? BuildArgument { get; set; }

    /// <summary>The stage to build, by its name or number; by default the last.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Target { get; set; }

    /// <summary>Executes every step, also those whose results are there.</summary>
    [Parameter]
    public SwitchParameter NoCache { get; set; }

    /// <summary>Where results of steps may be that are not here: names in a registry that -CacheTo was given, or images that have their cache inside; also as type=registry,ref=NAME. What is needed is fetched, and a cache that cannot be read is a warning.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CacheFrom { get; set; } = [];

    /// <summary>Where the results of the steps go: a name in a registry, also as type=registry,ref=NAME,mode=max (the results of all stages, not only those of the image's layers), or inline (into the image, for when it is pushed).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CacheTo { get; set; } = [];

    /// <summary>Asks the registries for the base images, also for those that are here.</summary>
    [Parameter]
    public SwitchParameter Pull { get; set; }

    /// <summary>Labels, as a hashtable or NAME=VALUE.</summary>
    [Parameter]
    [NameValueTransformation]
    public Hashtable? Label { get; set; }

    /// <summary>Further contexts by name: directories, or images as docker-image://NAME. FROM, COPY --from and RUN --mount find them by their names.</summary>
    [Parameter]
    [NameValueTransformation]
    public Hashtable? BuildContext { get; set; }

    /// <summary>The network of RUN: a network's name, host or none; by default the one that containers have.</summary>
    [Parameter]
    [NetworkTransformation]
    [ArgumentCompleter(typeof(NetworkCompleter))]
    public NetworkArgument? Network { get; set; }

    /// <summary>Secrets for RUN --mount=type=secret by their ids: a text, a SecureString, a FileInfo or bytes. They get into no layer, no history and no key of the cache.</summary>
    [Parameter]
    public Hashtable? Secret { get; set; }

    /// <summary>What to build for, as linux/arm64; by default this machine.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>Allows RUN --security=insecure, which has all capabilities and devices.</summary>
    [Parameter]
    public SwitchParameter AllowInsecure { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Path, Build);

    private void Build()
    {
        string context = GetUnresolvedProviderPathFromPSPath(Path);
        var options = new BuildOptions
        {
            ContextPath = context,
            FilePath = File is null ? null : GetUnresolvedProviderPathFromPSPath(File),
            Names = [.. Tag.Select(ImageNames.Parse)],
            BuildArguments = Texts(BuildArgument),
            Target = Target,
            NoCache = NoCache,
            CacheFrom = [.. OptionTexts.Join(CacheFrom).Select(CacheLocation.ParseSource)],
            CacheTo = [.. OptionTexts.Join(CacheTo).Select(CacheLocation.ParseDestination)],
            Trust = Trust,
            Pull = Pull,
            Labels = Texts(Label),
            BuildContexts = Texts(BuildContext).ToDictionary(c => c.Key, c => c.Value.Contains("://", StringComparison.Ordinal) ? c.Value : GetUnresolvedProviderPathFromPSPath(c.Value)),
            Network = Network?.Text,
            Secrets = Secrets(),
            Platform = ImageNames.ParsePlatform(Platform),
            AllowInsecure = AllowInsecure,
            SourceDate = SourceDate.FromEnvironment(),
        };
        if (!ShouldProcess(Tag.Length > 0 ? string.Join(", ", Tag) : "an image without a name", $"Build image from '{context}'"))
            return;
        BuildProgressWriter? writer = null;
        try
        {
            WriteObject(Await((queue, token) =>
            {
                writer = new BuildProgressWriter(this, queue, $"Building {(Tag.Length > 0 ? Tag[0] : context)}");
                return new ImageBuilder(Paths, Containers).BuildAsync(options, writer, token);
            }));
        }
        finally
        {
            if (!Stopped.IsCancellationRequested)
                writer?.Finish();
        }
    }

    private static Dictionary<string, string> Texts(Hashtable? table) =>
        NameValueTransformationAttribute.ToDictionary(table).ToDictionary(p => p.Key, p => p.Value ?? "");

    private Dictionary<string, byte[]> Secrets()
    {
        var result = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Secret ?? [])
        {
            object? value = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
            result[entry.Key.ToString()!] = value switch
            {
                string text => Encoding.UTF8.GetBytes(text),
                byte[] bytes => bytes,
                FileInfo file => ReadSecret(file),
                System.Security.SecureString secure => Encoding.UTF8.GetBytes(new System.Net.NetworkCredential("", secure).Password),
                _ => throw new ContainerToolsException("InvalidSecret", ErrorKind.InvalidArgument, $"The secret '{entry.Key}' is neither a text, a SecureString, a file's object nor bytes.", entry.Key),
            };
        }
        return result;
    }

    private static byte[] ReadSecret(FileInfo file)
    {
        try
        {
            return System.IO.File.ReadAllBytes(file.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "SecretReadFailed", $"The secret's file '{file}' could not be read", file.FullName);
        }
    }
}
