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
    [CommaTextTransformation]
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

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if ((Memory ?? MemorySwap ?? PidsLimit) is null && Cpus is null && RestartPolicy is null && StopSignal is null && StopTimeout is null && !MyInvocation.BoundParameters.ContainsKey(nameof(CpuSet)))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException("Nothing is given that is to be changed. Give a limit, -RestartPolicy, -StopSignal or -StopTimeout."), "NothingToChange", ErrorCategory.InvalidArgument, Container));
        }
    }

    private ContainerChanges Changes => new()
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

    private protected override void Process(Container container)
    {
        if (!ShouldProcess(Describe(container), "Change container"))
            return;
        var changed = Containers.Update(container, Changes, Stopped);
        if (PassThru)
            WriteObject(changed);
    }
}
