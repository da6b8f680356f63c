using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;

namespace ContainerTools;

/// <summary>Pulls images from their registries into the local store.</summary>
[Cmdlet(VerbsData.Save, "Image", SupportsShouldProcess = true)]
[OutputType(typeof(Image))]
public sealed class SaveImageCommand : RegistryUserCommand
{
    /// <summary>Names, with tag or digest, as in <c>debian:12</c> or <c>localhost:5000/team/app@sha256:...</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Reference", "Image")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Which image of an index to take, as <c>linux/arm64</c> or <c>linux/arm/v7</c>; this machine's by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
            Attempt(name, () => Pull(name));
    }

    private void Pull(string name)
    {
        var reference = ImageNames.Parse(name);
        if (!ShouldProcess(reference.ToString(), "Pull image"))
            return;
        var options = new PullOptions
        {
            Platform = ImageNames.ParsePlatform(Platform),
            Credential = Convert(Credential),
            Trust = Trust,
        };
        WriteObject(Transfer($"Pulling {reference.Familiar}", (progress, token) => Images.PullAsync(reference, options, progress, token)));
    }
}
