using System.Collections;
using System.Globalization;
using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;
using ContainerTools.Engine;

namespace ContainerTools;

/// <summary>Makes an image of a container, of a directory, or of a tar archive of files.</summary>
[Cmdlet(VerbsCommon.New, "Image", SupportsShouldProcess = true, DefaultParameterSetName = FromContainer)]
[OutputType(typeof(Image))]
public sealed class NewImageCommand : ContainerToolsCmdlet
{
    private const string FromContainer = "Container", FromPath = "Path";

    private int _made;

    /// <summary>The container: an object, a name, an id or the beginning of one.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = FromContainer)]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument? Container { get; set; }

    /// <summary>A directory, which becomes the image's root directory, or a tar archive of one, plain or compressed by gzip, bzip2, xz or zstd.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromPath)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Names for the image, as team/app:2.1. Without one it can be found by its id.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = [];

    /// <summary>The command that containers of the image run, or the arguments of its entrypoint; an empty list takes it away.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [AllowEmptyString]
    [WordsTransformation]
    public string[]? Command { get; set; }

    /// <summary>The program that containers of the image run; an empty string takes it away. The command goes with the old one.</summary>
    [Parameter]
    [AllowEmptyString]
    [WordsTransformation]
    public string[]? Entrypoint { get; set; }

    /// <summary>Variables, as a hashtable or NAME=VALUE. A null value takes the image's variable away.</summary>
    [Parameter]
    [Alias("Env")]
    [NameValueTransformation]
    public Hashtable? Environment { get; set; }

    /// <summary>The user inside: name, name:group, uid or uid:gid.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>The directory that the command starts in.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Labels, as a hashtable or NAME=VALUE. A null value takes the image's label away.</summary>
    [Parameter]
    [NameValueTransformation]
    public Hashtable? Label { get; set; }

    /// <summary>Ports that the program listens on, to add to the image's: 80, 53/udp.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] ExposedPort { get; set; } = [];

    /// <summary>Paths that are volumes of containers, to add to the image's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Volume { get; set; } = [];

    /// <summary>The signal that asks the command to stop.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string? StopSignal { get; set; }

    /// <summary>Who makes the image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Author { get; set; }

    /// <summary>A note for the image's history.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Message { get; set; }

    /// <summary>Makes one layer of the whole root file system, instead of one of the changes on the layers of the container's image.</summary>
    [Parameter(ParameterSetName = FromContainer)]
    public SwitchParameter Squash { get; set; }

    /// <summary>What the image runs on, as linux/arm64; this machine by default.</summary>
    [Parameter(ParameterSetName = FromPath)]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Path ?? Container?.Text, Make);

    private void Make()
    {
        if (_made++ > 0 && Tag.Length > 0)
        {
            throw new ContainerToolsException("TagGivenToSeveral", ErrorKind.InvalidArgument,
                $"'{Tag[0]}' cannot be the name of several images. Pipe one container, or name the images one by one with Add-ImageTag.", Container?.Text);
        }
        var options = new NewImageOptions
        {
            Names = [.. Tag.Select(ImageNames.Parse)],
            Message = Message,
            Squash = Squash,
            Platform = ImageNames.ParsePlatform(Platform),
            SourceDate = SourceDate.FromEnvironment(),
            Changes = new ImageChanges
            {
                Command = Command,
                Entrypoint = Entrypoint,
                Environment = NameValueTransformationAttribute.ToDictionary(Environment),
                User = User,
                WorkingDirectory = WorkingDirectory,
                Labels = NameValueTransformationAttribute.ToDictionary(Label),
                ExposedPorts = ExposedPort,
                Volumes = Volume,
                StopSignal = StopSignal,
                Author = Author,
            },
        };
        var maker = new ImageMaker(Paths, Containers);
        string what = Tag.Length > 0 ? string.Join(", ", Tag) : "an image without a name";
        if (Path is not null)
        {
            string path = GetUnresolvedProviderPathFromPSPath(Path);
            if (ShouldProcess(what, $"Make image of '{path}'"))
                WriteObject(Transfer($"Making an image of {System.IO.Path.GetFileName(path)}", (progress, token) => maker.FromPathAsync(path, options, progress, token)));
            return;
        }
        var container = Container!.Value is { } known ? Containers.Get(known.Id) : Containers.Get(Container.Text);
        if (ShouldProcess(what, string.Create(CultureInfo.InvariantCulture, $"Make image of container {container.Name} ({container.ShortId})")))
            WriteObject(Transfer($"Making an image of {container.Name}", (progress, token) => maker.FromContainerAsync(container, options, progress, token)));
    }
}
