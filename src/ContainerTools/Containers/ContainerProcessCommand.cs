using System.Collections;
using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>A command that runs a further process in a running container.</summary>
public abstract class ContainerProcessCommand : ContainerToolsCmdlet
{
    /// <summary>Variables beside the container's own, as a hashtable or NAME=VALUE; a null value takes one of those away. In a terminal TERM is this terminal's unless it is given.</summary>
    [Parameter]
    [Alias("Env")]
    [NameValueTransformation]
    public Hashtable? Environment { get; set; }

    /// <summary>The user inside; the container's by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>The directory inside that the process starts in; the container's by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Gives the process all capabilities.</summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }
}
