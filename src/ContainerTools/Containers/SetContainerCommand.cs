using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Changes containers, running or not: their limits, when they are started again, and how they are stopped.</summary>
[Cmdlet(VerbsCommon.Set, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class SetContainerCommand : ContainerCommand
{
    /// <summary>Limit of memory, as 512MB or 512m; 0 for none.</summary>
    [Parameter]
    [ByteSizeTransformation]
    public long? Memory { get; set; }

    /// <summary>Limit of memory and swap together; -1 for no limit of swap, 0 for as much swap as memory.</summary>
    [Parameter]
    [ByteSizeTransformation]
    public long? MemorySwap { get; set; }

    /// <summary>Processor time, in processors: 1.5; 0 for no limit.</summary>
    [Parameter]
    public double? Cpus { get; set; }

    /// <summary>The processors to run on: 0-2,4; an empty text for all.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? CpuSet { get; set; }

    /// <summary>Limit on the number of processes and threads; 0 for none.</summary>
    [Parameter]
    public long? PidsLimit { get; set; }

    /// <summary>When the container is started again after it has ended: no, on-failure, on-failure:N, always or unless-stopped.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RestartPolicyCompleter))]
    public string? RestartPolicy { get; set; }

    /// <summary>The signal that asks the container to stop.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string? StopSignal { get; set; }

    /// <summary>How long a stop waits before it kills: seconds, a TimeSpan or text such as 90s.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>Writes the changed containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process(Container container)
    {
        if (!ShouldProcess(Describe(container), "Change container"))
            return;
        var changes = new ContainerChanges
        {
            Memory = Memory,
            MemorySwap = MemorySwap,
            Cpus = Cpus,
            // The engine turns a null for a string into an empty one.
            CpuSet = MyInvocation.BoundParameters.ContainsKey(nameof(CpuSet)) ? CpuSet ?? "" : null,
            PidsLimit = PidsLimit,
            RestartPolicy = RestartPolicy is null ? null : ContainerTools.RestartPolicy.Parse(RestartPolicy),
            StopSignal = StopSignal,
            StopTimeout = StopTimeout,
        };
        var changed = Containers.Update(container, changes, Stopped);
        if (PassThru)
            WriteObject(changed);
    }
}
