using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;

namespace ContainerTools;

/// <summary>Writes images to an archive.</summary>
[Cmdlet(VerbsData.Export, "Image", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportImageCommand : ContainerToolsCmdlet
{
    private readonly List<Image> _images = [];
    private bool _failed;

    /// <summary>The images: objects, names with or without wildcards, or ids. All go into one archive.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ImageTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public ImageArgument[] Image { get; set; } = [];

    /// <summary>The archive to write. An existing file is replaced once the new one is complete.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("FilePath", "OutFile")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Oci, an image layout that any tool reads; or Docker, which older <c>docker load</c> reads as well.</summary>
    [Parameter]
    public ExportFormat Format { get; set; } = ExportFormat.Oci;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var image in Image)
            _failed |= !Attempt(image.Text, () => _images.AddRange(Resolve(image)));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // An archive that silently lacks an image would be worse than none.
        if (_failed || _images.Count == 0)
            return;
        var file = GetUnresolvedProviderPathFromPSPath(Path);
        if (!ShouldProcess(file, "Export " + string.Join(", ", _images)))
            return;
        Attempt(file, () =>
        {
            Transfer($"Exporting to {System.IO.Path.GetFileName(file)}", async (progress, token) =>
            {
                await Images.ExportAsync(_images, file, Format, progress, token);
                return true;
            });
            WriteFile(file);
        });
    }
}
