using System.Management.Automation;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;

namespace ContainerTools;

/// <summary>Reads images from archives: OCI image layouts in a tar, and what <c>docker save</c> writes.</summary>
[Cmdlet(VerbsData.Import, "Image", SupportsShouldProcess = true)]
[OutputType(typeof(Image))]
public sealed class ImportImageCommand : ContainerToolsCmdlet
{
    /// <summary>The archives; wildcards are expanded.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [Alias("FullName", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The name for the image, in place of the archive's. Only for an archive with one image.</summary>
    [Parameter]
    [Alias("Reference", "Tag")]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Which image of an index to take, as <c>linux/arm64</c>; this machine's by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            try
            {
                foreach (var file in GetResolvedProviderPathFromPSPath(path, out _))
                    Attempt(file, () => Import(file));
            }
            catch (ItemNotFoundException e)
            {
                WriteError(new ErrorRecord(e, "ArchiveNotFound", ErrorCategory.ObjectNotFound, path));
            }
        }
    }

    private void Import(string file)
    {
        if (!ShouldProcess(file, "Import image"))
            return;
        var options = new ImportOptions
        {
            Reference = Name is null ? null : ImageNames.Parse(Name),
            Platform = ImageNames.ParsePlatform(Platform),
        };
        WriteObject(Transfer($"Importing {System.IO.Path.GetFileName(file)}", (progress, token) => Images.ImportAsync(file, options, progress, token)), enumerateCollection: true);
    }
}
