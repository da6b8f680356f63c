using System.Collections;
using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Build;
using ContainerTools.Core.Build.Cache;

namespace ContainerTools;

/// <summary>Builds an image from a Containerfile or Dockerfile.</summary>
[Cmdlet("Build", "Image", SupportsShouldProcess = true)]
[OutputType(typeof(Image), typeof(FileSystemInfo))]
public sealed partial class BuildImageCommand : RegistryTrustCommand
{
    /// <summary>The build context, whose files COPY and ADD can take: a directory, by default the current one; a tar archive; the URL of one, or of a Containerfile; a git repository as URL.git#ref:directory; or - for an archive or a Containerfile from the pipeline or standard input.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("Context")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>What - stands for in -Path and -File: text, bytes, or a file.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The Containerfile; by default Containerfile or Dockerfile in the build context. Of a context that is fetched it is a path in the context. - takes it from the pipeline or standard input.</summary>
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

    /// <summary>Further contexts by name: all that -Path takes, or images as docker-image://NAME or oci-layout://DIRECTORY[:TAG][@DIGEST]. FROM, COPY --from and RUN --mount find them by their names.</summary>
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

    /// <summary>SSH agents for RUN --mount=type=ssh and for git repositories: default (the one that $env:SSH_AUTH_SOCK names), or ID=PATH with an agent's socket or a private key without passphrase; also as a hashtable, with several keys for one id.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[] Ssh { get; set; } = [];

    /// <summary>What to write beside the store: a directory for the image's files, or docker's type=local|tar|oci|docker,dest=PATH, also as a hashtable. Without -Tag, the image is not kept in the store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[] Output { get; set; } = [];

    /// <summary>What to build for, as linux/arm64; by default this machine.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>Allows RUN --security=insecure, which has all capabilities and devices, and RUN --device, which has those that files in /etc/cdi and /var/run/cdi describe.</summary>
    [Parameter]
    public SwitchParameter AllowInsecure { get; set; }

    private void Build(Stream? input)
    {
        string context = Place(Path);
        var options = new BuildOptions
        {
            ContextPath = context,
            Context = Path == Input ? input : null,
            File = File == Input ? input : null,
            FilePath = File is null or Input ? null : context == Path && !Directory.Exists(context) ? File : GetUnresolvedProviderPathFromPSPath(File),
            Names = [.. Tag.Select(ImageNames.Parse)],
            BuildArguments = Texts(BuildArgument),
            Target = Target,
            NoCache = NoCache,
            CacheFrom = [.. OptionTexts.Join(CacheFrom).Select(CacheLocation.ParseSource)],
            CacheTo = [.. OptionTexts.Join(CacheTo).Select(CacheLocation.ParseDestination)],
            Trust = Trust,
            Pull = Pull,
            Labels = Texts(Label),
            BuildContexts = Texts(BuildContext).ToDictionary(c => c.Key, c => Place(c.Value)),
            Network = Network?.Text,
            Secrets = Secrets(),
            SshAgents = Agents(),
            Outputs = [.. Outputs()],
            Platform = ImageNames.ParsePlatform(Platform),
            AllowInsecure = AllowInsecure,
            SourceDate = SourceDate.FromEnvironment(),
        };
        if (!ShouldProcess(Tag.Length > 0 ? string.Join(", ", Tag) : "an image without a name", $"Build image from '{context}'"))
            return;
        BuildProgressWriter? writer = null;
        try
        {
            var image = Await((queue, token) =>
            {
                writer = new BuildProgressWriter(this, queue, $"Building {(Tag.Length > 0 ? Tag[0] : context)}");
                return new ImageBuilder(Paths, Containers).BuildAsync(options, writer, token);
            });
            if (image is not null)
            {
                WriteObject(image);
            }
            else
            {
                foreach (var output in options.Outputs)
                    WriteFile(output.Path);
            }
        }
        finally
        {
            if (!Stopped.IsCancellationRequested)
                writer?.Finish();
        }
    }

    private static Dictionary<string, string> Texts(Hashtable? table) =>
        NameValueTransformationAttribute.ToDictionary(table).ToDictionary(p => p.Key, p => p.Value ?? "");
}
