using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;

namespace ContainerTools;

/// <summary>Pulls images from their registries into the local store.</summary>
[Cmdlet(VerbsData.Save, "Image", SupportsShouldProcess = true)]
[OutputType(typeof(Image))]
public sealed class SaveImageCommand : ContainerToolsCmdlet
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

    /// <summary>User and password for the registry; by default what <c>docker login</c> left, or none.</summary>
    [Parameter]
    public PSCredential? Credential { get; set; }

    /// <summary>Accepts plain HTTP, and certificates that cannot be verified. Loopback registries need it not.</summary>
    [Parameter]
    public SwitchParameter AllowInsecure { get; set; }

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
            Credential = Credential is null ? null : new RegistryCredential(Credential.UserName, Credential.GetNetworkCredential().Password),
            AllowInsecure = AllowInsecure,
        };
        WriteObject(Transfer($"Pulling {reference.Familiar}", (progress, token) => Images.PullAsync(reference, options, progress, token)));
    }
}
