using System.Collections;
using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Networks;

namespace ContainerTools;

/// <summary>Makes networks.</summary>
[Cmdlet(VerbsCommon.New, "ContainerNetwork", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerNetwork))]
public sealed class NewContainerNetworkCommand : ContainerToolsCmdlet
{
    /// <summary>Names: letters, digits and <c>_.-</c>, at least two.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Ranges of addresses: 10.1.0.0/24, fd00:1::/64; one of a family. A free IPv4 one by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Subnet { get; set; } = [];

    /// <summary>The host's own address in each range; its first one by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Gateway { get; set; } = [];

    /// <summary>Parts of the ranges from which containers get addresses; the whole by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] IPRange { get; set; } = [];

    /// <summary>Gives the network a free IPv6 range too, if none is named.</summary>
    [Parameter]
    public SwitchParameter IPv6 { get; set; }

    /// <summary>Keeps containers from everything but each other and this host.</summary>
    [Parameter]
    public SwitchParameter Internal { get; set; }

    /// <summary>Largest packet in bytes; 1500 by default.</summary>
    [Parameter]
    public int? Mtu { get; set; }

    /// <summary>Labels, as a hashtable or NAME=VALUE.</summary>
    [Parameter]
    [NameValueTransformation]
    public Hashtable? Label { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            if (ShouldProcess(name, "Create network"))
                Attempt(name, () => WriteObject(Networks.Create(BuildOptions(name))));
        }
    }

    private NetworkOptions BuildOptions(string name) => new()
    {
        Name = name,
        Subnets = Subnet,
        Gateways = Gateway,
        IPRanges = IPRange,
        IPv6 = IPv6,
        Internal = Internal,
        Mtu = Mtu,
        Labels = NameValueTransformationAttribute.ToDictionary(Label).ToDictionary(l => l.Key, l => l.Value ?? ""),
    };
}
