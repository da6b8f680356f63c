using System.Management.Automation;
using ContainerTools.Binding;

namespace ContainerTools;

/// <summary>
/// Sends a signal to the first process of running containers, and waits for nothing. A signal that is the container's stop signal, or KILL, is taken as the wish that it ends: no restart policy
/// starts it again then.
/// </summary>
[Cmdlet(VerbsCommunications.Send, "ContainerSignal", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class SendContainerSignalCommand : ContainerCommand
{
    /// <summary>The signal: a name with or without SIG, as HUP, SIGUSR1 or RTMIN+3, or a number.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string Signal { get; set; } = "";

    /// <summary>Writes the containers as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process(Container container)
    {
        if (!ShouldProcess(Describe(container), $"Send {Signal}"))
            return;
        Containers.Kill(container, Signal);
        if (PassThru && Containers.Find(container.Id) is [var current])
            WriteObject(current);
    }
}
