using System.Collections;
using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Makes volumes.</summary>
[Cmdlet(VerbsCommon.New, "Volume", SupportsShouldProcess = true)]
[OutputType(typeof(Volume))]
public sealed class NewVolumeCommand : ContainerToolsCmdlet
{
    /// <summary>Names: letters, digits and <c>_.-</c>, at least two.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Labels, as a hashtable or NAME=VALUE.</summary>
    [Parameter]
    [NameValueTransformation]
    public Hashtable? Label { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var labels = NameValueTransformationAttribute.ToDictionary(Label).ToDictionary(l => l.Key, l => l.Value ?? "");
        foreach (var name in Name)
        {
            if (ShouldProcess(name, "Create volume"))
                Attempt(name, () => WriteObject(Volumes.Create(name, labels)));
        }
    }
}
